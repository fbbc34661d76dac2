/** What a run's process takes of its machine, measured now and then. */
import { availableParallelism, freemem, totalmem } from "node:os";

/** What is measured, and what it means; MB are 2^20 bytes. */
export const systemMetrics = {
  cpu_percent: "Share of the machine's processors that the run's process used since the sample before, 0 to 100.",
  process_cpu_percent: "The same as a share of one core: above 100 where several work.",
  memory_percent: "Share of the machine's memory that is in use, by whatever, 0 to 100.",
  process_memory_mb: "Memory that the run's process holds (resident set), MB.",
  process_memory_percent: "The same as a share of the machine's memory, 0 to 100.",
  available_memory_mb: "Memory of the machine that is free, MB.",
} as const;

export type SystemSample = Readonly<Record<keyof typeof systemMetrics, number>>;

/** Takes samples of this process and machine. */
export interface SystemMonitor {
  /** Values now; the CPU's since the call before. Undefined until `everyMs` has gone by since. */
  sample(now: number): SystemSample | undefined;
}

/** A monitor that costs one comparison between samples. */
export function createSystemMonitor(startedAt: number, everyMs: number): SystemMonitor {
  let due = startedAt + everyMs;
  let before = { time: startedAt, cpu: process.cpuUsage() };

  return {
    sample(now) {
      if (now < due) return undefined;
      due = now + everyMs;
      const cpu = process.cpuUsage();
      const busyMs = (cpu.user - before.cpu.user + cpu.system - before.cpu.system) / 1000;
      const share = (100 * busyMs) / Math.max(1, now - before.time);
      before = { time: now, cpu };
      const { rss } = process.memoryUsage();
      return {
        cpu_percent: share / availableParallelism(),
        process_cpu_percent: share,
        memory_percent: 100 * (1 - freemem() / totalmem()),
        process_memory_mb: rss / 2 ** 20,
        process_memory_percent: (100 * rss) / totalmem(),
        available_memory_mb: freemem() / 2 ** 20,
      };
    },
  };
}
