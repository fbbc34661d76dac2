import { availableParallelism, freemem, totalmem } from "node:os";

/** Takes system metrics, under the names that W&B's System section knows. */
export interface SystemMonitor {
  /** Values now; the CPU's since the call before. Undefined until `everyMs` has gone by since. */
  sample(now: number): Readonly<Record<string, number>> | undefined;
}

/** A monitor of this process and machine that costs one comparison between samples. */
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
        // Of the whole machine, and of one core: W&B's meaning of the two keys.
        cpu: share / availableParallelism(),
        "proc.cpu.percent": share,
        memory_percent: 100 * (1 - freemem() / totalmem()),
        "proc.memory.rssMB": rss / 2 ** 20,
        "proc.memory.percent": (100 * rss) / totalmem(),
        "proc.memory.availableMB": freemem() / 2 ** 20,
      };
    },
  };
}
