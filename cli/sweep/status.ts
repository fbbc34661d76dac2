/** `experiment sweep status`: where the runs of a plan stand, by their directories. */
import { executorOf, jobOf, type NamedSweep } from "../../studies/sweep/executor.ts";
import { type SweepStatus, statusOf } from "../../studies/sweep/status.ts";
import type { LoadPlugins } from "../command.ts";
import { jsonText } from "../numbers.ts";
import { namedSweep, type PlanArguments } from "./open.ts";
import { statusText } from "./status-text.ts";

type Arguments = PlanArguments & { readonly watch: boolean; readonly json: boolean };

/** Between two looks with --watch, ms. */
const every = 2000;

export async function statusCommand(args: Arguments, plugins: LoadPlugins): Promise<void> {
  const named = await namedSweep(args);
  for (let height = 0; ; ) {
    const status = await statusOf(named.sweep);
    const text = args.json
      ? jsonText(status)
      : statusText(status, args.plan) + (await queueText(named, status, plugins));
    if (args.watch && !args.json && process.stdout.isTTY)
      process.stdout.write(height > 0 ? `\u001b[${height}A\u001b[J` : "");
    console.log(text);
    height = text.split("\n").length;
    const { running, waiting } = status.counts;
    if (!args.watch || running + waiting === 0) return;
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

/** What a scheduler has of the runs that wait. Its plugin is loaded only where the plan names one. */
async function queueText(named: NamedSweep, { counts }: SweepStatus, plugins: LoadPlugins): Promise<string> {
  const planned = Object.keys(named.found?.plan.executor ?? {})[0] ?? "local";
  if (planned === "local" || counts.finished === named.sweep.runs.length) return "";
  const executor = await executorOf(named, undefined, await plugins());
  const queue = await executor.queue?.(jobOf(named, [], undefined));
  return queue === undefined ? "" : `\n${executor.name}: ${queue.waiting} waiting, ${queue.running} running`;
}
