/** `npm run bench -- --profile FILE`: ONNX Runtime's own profile of some steps, and which operators took the time. */
import { readdirSync, readFileSync, renameSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { Child } from "./child.ts";
import type { Effort } from "./measure.ts";
import { liveAt } from "./silenced.ts";

/** An entry of the profile, a trace for chrome://tracing and Perfetto: times are microseconds. */
interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args: {
    readonly op_name?: string;
    readonly output_type_shape?: readonly Record<string, readonly number[]>[];
  };
}

export const profiles = { dense: undefined, "200": liveAt[200], "1000": liveAt[1000] } as const;

/** Profiles `effort.rounds` steps at mid size with as many units firing as `at` says; writes ONNX Runtime's trace to `file` and gives lines to print. */
export async function profile(file: string, at: keyof typeof profiles, effort: Effort): Promise<string[]> {
  const whole = resolve(file);
  const live = profiles[at];
  const child = await Child.engine({ engine: "onnx", size: "mid", ...effort, profile: whole, ...(live && { live }) });
  await child.ask(`run ${effort.rounds}`);
  await child.ask("end");
  child.end();
  const written = readdirSync(dirname(whole)).filter((name) => name.startsWith(`${basename(whole)}_`));
  renameSync(join(dirname(whole), written.toSorted().at(-1)!), whole);
  return summary(JSON.parse(readFileSync(whole, "utf8")) as TraceEvent[], effort.rounds);
}

function summary(events: readonly TraceEvent[], steps: number): string[] {
  // An If's own time is that of the nodes in its branches, which are listed too.
  const kernels = events.filter(
    ({ cat, name, args }) => cat === "Node" && name.endsWith("_kernel_time") && args.op_name !== "If",
  );
  const total = kernels.reduce((sum, { dur }) => sum + dur, 0);
  const table = (title: string, keyOf: (event: TraceEvent) => string, most: number) => {
    const sums = new Map<string, { time: number; count: number }>();
    for (const event of kernels) {
      const { time, count } = sums.get(keyOf(event)) ?? { time: 0, count: 0 };
      sums.set(keyOf(event), { time: time + event.dur, count: count + 1 });
    }
    const largest = [...sums].toSorted(([, a], [, b]) => b.time - a.time).slice(0, most);
    return [
      `\n| ${title} | ms a step | share | nodes a step |`,
      "| --- | --- | --- | --- |",
      ...largest.map(([key, { time, count }]) => {
        const cells = [key, (time / steps / 1e3).toFixed(2), `${((100 * time) / total).toFixed(1)} %`];
        return `| ${[...cells, String(Math.round(count / steps))].join(" | ")} |`;
      }),
    ];
  };
  const shapeOf = ({ args }: TraceEvent) =>
    args.output_type_shape?.map((output) => `[${Object.values(output)[0]?.join(" ")}]`).join(" ") ?? "";
  return [
    `${(total / steps / 1e3).toFixed(1)} ms a step in kernels`,
    ...table("operator", ({ args }) => args.op_name!, 12),
    ...table("operator and result", (event) => `${event.args.op_name} ${shapeOf(event)}`, 20),
  ];
}
