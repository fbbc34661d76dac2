/** The flags that every command with a config shares: `--config`, `--set`, and one for each common key. */
import type { Argv } from "yargs";
import type { ConfigRequest } from "../core/config/load.ts";
import { shortFlags } from "../core/config/short-flags.ts";

/** A text, or several when the flag is given more than once. */
type Texts = string | readonly string[] | undefined;

/** What yargs hands over for these flags; the short ones by their dashed names. */
export type ConfigArguments = { readonly config?: Texts; readonly set?: Texts } & {
  readonly [Flag in keyof typeof shortFlags]?: Texts;
};

/** Adds the flags to a command. All are read as text, so that a bad value is refused by the config's own errors. */
export function configFlags<T>(yargs: Argv<T>): Argv<T & ConfigArguments> {
  const text = { type: "string", requiresArg: true } as const;
  const short = Object.entries(shortFlags).map(([flag, { key, describe }]) => {
    return [flag, { ...text, describe: `${describe} (${key}).`, group: "Config:" }] as const;
  });
  return yargs
    .option("config", {
      ...text,
      alias: "c",
      describe: "Config file; default: searched from here upwards.",
      group: "Config:",
    })
    .option("set", { ...text, describe: "Any key: --set model.n_layers=6; may be repeated.", group: "Config:" })
    .options(Object.fromEntries(short)) as Argv<T & ConfigArguments>;
}

/** The part of a config request that the flags make up. */
export function flagsFrom(args: ConfigArguments): Pick<ConfigRequest, "file" | "flags"> {
  const short = Object.entries(shortFlags)
    .map(([flag, { key }]) => [key, last(args[flag as keyof typeof shortFlags])] as const)
    .filter(([, value]) => value !== undefined);
  return { file: last(args.config), flags: { set: [args.set ?? []].flat(), short: Object.fromEntries(short) } };
}

/** A flag that is given twice counts as its last. */
function last(texts: Texts): string | undefined {
  return typeof texts === "string" ? texts : texts?.at(-1);
}
