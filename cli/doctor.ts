/** `experiment doctor`: what this machine offers, which engine would be chosen, and why. */
import type { CommandModule } from "yargs";

interface Arguments {
  json: boolean;
}

export const doctorCommand: CommandModule<object, Arguments> = {
  command: "doctor",
  describe: "Show engines found, the one chosen and why, and what the machine has.",
  builder: (yargs) => yargs.option("json", { type: "boolean", default: false, describe: "Print JSON." }),
  handler: async ({ json }) => {
    const { examine, examination } = await import("./examination.ts");
    const found = await examine(process.cwd());
    console.log(json ? JSON.stringify(found, null, 2) : examination(found));
  },
};
