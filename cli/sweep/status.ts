/** `experiment sweep status`: where the runs of a plan stand, by their directories. */
import { elsewhereOf } from "../../studies/sweep/executor.ts";
import { statusOf } from "../../studies/sweep/status.ts";
import type { LoadPlugins } from "../command.ts";
import { jsonText } from "../numbers.ts";
import { namedSweep, type PlanArguments } from "./open.ts";
import { statusText } from "./status-text.ts";

type Arguments = PlanArguments & {
  readonly on: string | undefined;
  readonly watch: boolean;
  readonly json: boolean;
};

/** Between two looks with --watch, ms. */
const every = 2000;

export async function statusCommand(args: Arguments, plugins: LoadPlugins): Promise<void> {
  const named = await namedSweep(args);
  for (let height = 0; ; ) {
    const status = await statusOf(named.sweep);
    const whole = status.counts.finished === status.runs;
    const elsewhere = whole ? undefined : await elsewhereOf(named, args.on, plugins);
    const { waiting = 0, running = 0 } = elsewhere?.queue ?? {};
    const text = args.json
      ? jsonText({ ...status, ...(elsewhere?.queue && { queue: elsewhere.queue }) })
      : statusText(status, { plan: args.plan, on: args.on, elsewhere });
    if (args.watch && !args.json && process.stdout.isTTY)
      process.stdout.write(height > 0 ? `\u001b[${height}A\u001b[J` : "");
    console.log(text);
    height = text.split("\n").length;
    // What was interrupted may be in a scheduler's queue to go on.
    const { counts } = status;
    if (!args.watch || counts.running + counts.waiting + waiting + running === 0) return;
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
