/** `experiment init`: a commented config to start from. */
import type { CommandModule } from "yargs";

interface Arguments {
  readonly force: boolean;
}

export const initCommand: CommandModule<object, Arguments> = {
  command: "init",
  describe: "Write a commented .experimentrc with every key and its default.",
  builder: (yargs) =>
    yargs.option("force", { type: "boolean", default: false, describe: "Overwrite a config that is there." }),
  handler: async ({ force }) => {
    const { writeExample } = await import("../core/config/write-example.ts");
    const file = await writeExample(process.cwd(), force);
    console.log(`Wrote ${file}: every key with its default and what it means.

Next:
  experiment config   check it, and see where each value comes from
  experiment plugins  what analyzers, sinks and corpora it may name
  experiment train    train`);
  },
};
