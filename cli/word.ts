/** What the user says about run directories: the option `--trust`, and the config that holds where they are. */
import type { Options } from "yargs";
import type { Word } from "../core/host/trust.ts";

/** For commands that follow what a run directory names. */
export const trustOption = {
  type: "boolean",
  default: false,
  describe: "Follow the code, addresses and paths that the run names, though it is not of your making.",
} as const satisfies Options;

/** A config that cannot be read says nothing. */
export async function wordOf({ trust }: { readonly trust: boolean }): Promise<Word> {
  const { loadConfig } = await import("../core/config/load.ts");
  const present = await loadConfig({ cwd: process.cwd(), env: process.env }).catch(() => undefined);
  return { trust, present };
}
