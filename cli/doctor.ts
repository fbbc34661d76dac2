/** `experiment doctor`: what this machine offers, which engine would be chosen, and why. */
import { examination, examine } from "./examination.ts";

interface Arguments {
  json: boolean;
}

export async function doctorCommand({ json }: Arguments): Promise<void> {
  const found = await examine(process.cwd());
  console.log(json ? JSON.stringify(found, null, 2) : examination(found));
}
