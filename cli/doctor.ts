/** `experiment doctor`: what this machine offers, which engine would be chosen, and why. */

import { examination, examine } from "./examination.ts";
import { runsFolder } from "./runs-folder.ts";

interface Arguments {
  json: boolean;
}

export async function doctorCommand({ json }: Arguments): Promise<void> {
  const found = await examine(process.cwd(), await runsFolder(undefined).catch(() => undefined));
  console.log(json ? JSON.stringify(found, null, 2) : examination(found));
}
