/** `experiment train`: the main job. */
import type { CommandModule } from "yargs";
import type { LoadPlugins } from "./cli.ts";
import { type ConfigArguments, configFlags, flagsFrom } from "./config-flags.ts";

type Arguments = ConfigArguments & { json: boolean; dumpGraph: string | undefined };

export function trainCommand(plugins: LoadPlugins): CommandModule<object, Arguments> {
  return {
    command: "train",
    describe: "Train as the config says, with analyzers and sinks.",
    builder: (yargs) =>
      configFlags(yargs)
        .option("dump-graph", {
          type: "string",
          requiresArg: true,
          describe: "Write the compiled step as text to FILE, and as a model to FILE.onnx.",
        })
        .option("json", { type: "boolean", default: false, describe: "Print the result as JSON." })
        .example("$0 train", "with the rc file found from here upwards, or the defaults")
        .example("$0 train --steps 1000 --lr 1e-3 --seed 7", "override common keys")
        .example("$0 train --set analyzers.token-sparsity.every=10", "override any key") as never,
    handler: async (args) => {
      const { loadConfig } = await import("../core/config/load.ts");
      const loaded = await loadConfig({ cwd: process.cwd(), env: process.env, ...flagsFrom(args) });
      const { runTraining } = await import("./training.ts");
      await runTraining({ loaded, plugins: await plugins(), dumpGraph: args.dumpGraph }, args.json);
    },
  };
}
