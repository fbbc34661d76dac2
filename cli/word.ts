/** What the user says about run directories: the flag `--trust`, and the config that holds where they are. */
import { loadConfig } from "../core/config/load.ts";
import type { Word } from "../core/run/trust.ts";

/** A config that cannot be read says nothing. */
export async function wordOf({ trust }: { readonly trust: boolean }): Promise<Word> {
  const present = await loadConfig({ cwd: process.cwd(), env: process.env }).catch(() => undefined);
  return { trust, present };
}
