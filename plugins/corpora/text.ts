import { z } from "zod";
import { defineCorpus } from "../../core/contract/corpus.ts";
import { invalidData, reasonOf, shown } from "../../core/errors/errors.ts";
import { filesOption, filesSource, findFiles, readBytes } from "./files.ts";
import { textOf } from "./utf8.ts";

const where = "data.corpus.text.files";
const extensions = [".txt", ".md", ".jsonl"].flatMap((end) => [end, `${end}.gz`]);

/** Text files of your own: one document a file, or a line of .jsonl. */
export const text = defineCorpus({
  name: "text",
  summary:
    "Your own text: .txt, .md, .jsonl and .gz of those; a document is a file, a line of .jsonl, or ends at a separator.",
  options: z.strictObject({
    files: filesOption,
    field: z.string().min(1).default("text").describe("In .jsonl, the field that holds a line's text."),
    separator: z
      .string()
      .min(1)
      .optional()
      .describe("Text that stands between documents inside a file, such as `<|endoftext|>`; it is left out."),
  }),
  async load({ files: wanted, field, separator }, baseDir) {
    const files = await findFiles(wanted, baseDir, extensions, where);
    const documents: string[] = [];
    let bytes = 0;
    for (const file of files) {
      const content = await readBytes(file);
      bytes += content.length;
      const whole = textOf(content, file.shown);
      const lines = file.path.endsWith(".jsonl") || file.path.endsWith(".jsonl.gz");
      const texts = lines ? linesOf(whole, field, file.shown) : [whole];
      for (const one of texts)
        for (const part of separator === undefined ? [one] : one.split(separator)) documents.push(part);
    }
    if (documents.every((document) => document.length === 0)) {
      throw invalidData(
        where,
        `expected text, got ${files.length === 1 ? "an empty file" : "empty files"}: ${named(files)}.`,
      );
    }
    return { documents, source: filesSource(files, bytes) };
  },
});

function linesOf(whole: string, field: string, file: string): string[] {
  return whole
    .split("\n")
    .flatMap((line, index) => (line.trim() === "" ? [] : [fieldOf(line, field, `${file}:${index + 1}`)]));
}

function fieldOf(line: string, field: string, at: string): string {
  const object = parsed(line, at);
  if (typeof object !== "object" || object === null || Array.isArray(object)) {
    throw invalidData(at, `expected a JSON object, got ${shown(object)}.`);
  }
  if (!Object.hasOwn(object, field)) {
    const fields = Object.keys(object).map(shown).join(", ") || "none";
    throw invalidData(at, `expected a field ${shown(field)}, got ${fields}. Set the option \`field\`.`);
  }
  const value = (object as Record<string, unknown>)[field];
  if (typeof value !== "string")
    throw invalidData(at, `field ${shown(field)}: expected a string, got ${shown(value)}.`);
  if (/\p{Surrogate}/u.test(value))
    throw invalidData(at, `field ${shown(field)}: an unpaired surrogate, which is not text.`);
  return value;
}

function parsed(line: string, at: string): unknown {
  try {
    return JSON.parse(line);
  } catch (thrown) {
    throw invalidData(at, `expected a line of JSON: ${reasonOf(thrown)}.`, thrown);
  }
}

function named(files: readonly { readonly shown: string }[]): string {
  const names = files.slice(0, 3).map(({ shown: name }) => name);
  return files.length > 3 ? `${names.join(", ")} and ${files.length - 3} more` : names.join(", ");
}
