/** `experiment init`: a commented config to start from. */
import { writeExample } from "../core/config/write-example.ts";

interface Arguments {
  readonly force: boolean;
}

export async function initCommand({ force }: Arguments): Promise<void> {
  const file = await writeExample(process.cwd(), force);
  console.log(`Wrote ${file}: every key with its default and what it means.

Next:
experiment config   check it, and see where each value comes from
experiment plugins  what analyzers, sinks and corpora it may name
experiment train    train`);
}
