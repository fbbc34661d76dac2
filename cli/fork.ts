/** `experiment fork RUN`: continues one checkpoint under other data orders, or with one thing changed. */
import type { CommandModule } from "yargs";
import type { LoadPlugins } from "./cli.ts";

interface Arguments {
  run: string;
  at: number | undefined;
  orders: number;
  steps: number;
  counterfactual: string[];
  runs: string | undefined;
  json: boolean;
}

/** The command. */
export function forkCommand(plugins: LoadPlugins): CommandModule<object, Arguments> {
  return {
    command: "fork <run>",
    describe: "Continue one checkpoint of a run under other data orders.",
    builder: (yargs) =>
      yargs
        .positional("run", { type: "string", demandOption: true, describe: "Id, name, path, or `latest`." })
        .option("at", { type: "number", describe: "Step of the checkpoint (default: the newest)." })
        .option("orders", { type: "number", default: 3, describe: "Data orders: forks of each kind." })
        .option("steps", {
          type: "number",
          default: 200,
          describe: "Steps of each fork; the schedule stays the run's.",
        })
        .option("counterfactual", {
          type: "array",
          string: true,
          default: [],
          describe:
            "More forks: no-decay, half-lr, half-clip, no-outliers (updates whose gradient norm stands out are left out), hold-layer-N (its incoming weights), hold-upstream-N.",
        })
        .option("runs", { type: "string", describe: "Folder of the run directories (default: the config's)." })
        .option("json", { type: "boolean", default: false, describe: "Print JSON." })
        .example("$0 fork latest --at 600 --orders 3 --steps 200", "three futures of step 600")
        .example("$0 overlap FORK FORK FORK", "do they lose the same units?") as never,
    handler: async ({ run, at, orders, steps, counterfactual, runs, json }) => {
      const { forkRequests } = await import("../studies/fork.ts");
      const { train } = await import("../core/run/train.ts");
      const { runsFolder } = await import("./runs-folder.ts");
      const { drawCharts } = await import("./draw-charts.ts");
      const { createProgress } = await import("./progress.ts");
      const { stopOnSignals } = await import("./signals.ts");
      const root = await runsFolder(runs);
      const step = at === undefined ? {} : { at };
      const asked = { root, ref: run, ...step, orders, steps, counterfactuals: counterfactual };
      const requests = await forkRequests(asked, await plugins());
      const progress = createProgress(process.stderr);
      const stopping = stopOnSignals((message) => progress.warning?.(message));
      const done: { id: string; name: string | undefined; state: string }[] = [];
      try {
        for (const request of requests) {
          if (stopping.signal.aborted) break;
          const { id, outcome } = await train({ ...request, drawCharts }, stopping.signal, progress);
          done.push({ id, name: request.loaded.config.name, state: outcome.state });
        }
      } finally {
        stopping.stop();
      }
      if (json) console.log(JSON.stringify(done, null, 2));
      else for (const { id, name, state } of done) console.log(`${id}  ${name}  ${state}`);
      if (!json) console.log(`next: experiment overlap ${done.map(({ id }) => id).join(" ")}`);
      const cut = stopping.signal.aborted || done.some(({ state }) => state === "interrupted");
      if (cut) process.exitCode = 130;
    },
  };
}
