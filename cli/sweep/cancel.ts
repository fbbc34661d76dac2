/** `experiment sweep cancel`: stops what runs of a plan and takes back what waits. */
import { executorOf, jobOf } from "../../studies/sweep/executor.ts";
import { stopHere } from "../../studies/sweep/here.ts";
import type { LoadPlugins } from "../command.ts";
import { namedSweep, type PlanArguments } from "./open.ts";

type Arguments = PlanArguments & { readonly on: string | undefined };

export async function cancelCommand(args: Arguments, plugins: LoadPlugins): Promise<void> {
  const named = await namedSweep(args);
  const asked = stopHere(named.sweep.folder);
  const executor = await executorOf(named, args.on, await plugins());
  const said = await executor.cancel?.(jobOf(named, [], undefined));
  const here =
    asked > 0
      ? `asked ${asked} ${asked === 1 ? "process" : "processes"} of this machine to save and stop`
      : "nothing of it runs on this machine";
  console.log([here, said].filter(Boolean).join("\n"));
}
