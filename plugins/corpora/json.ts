/** Documents in JSON: a line each, or the items of one array. */
import { invalidData, reasonOf, shown } from "../../core/errors/errors.ts";
import { textOf } from "./utf8.ts";

/** The texts in the field `field` of each line; `file` is for messages. Reads on where a chunk ends inside a line. */
export async function* textsInLines(
  chunks: AsyncIterable<Buffer>,
  field: string,
  file: string,
): AsyncGenerator<string> {
  let number = 0;
  const read = (bytes: Buffer): string | undefined => {
    const at = `${file}:${++number}`;
    const line = textOf(bytes, at);
    return line.trim() === "" ? undefined : textIn(parsed(line, at), field, at);
  };
  let pending: Buffer[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      const text = read(Buffer.concat([...pending, chunk.subarray(start, end)]));
      pending = [];
      start = end + 1;
      if (text !== undefined) yield text;
    }
    if (start < chunk.length) pending.push(chunk.subarray(start));
  }
  const text = read(Buffer.concat(pending));
  if (text !== undefined) yield text;
}

/** The texts of a whole .json file: an array of strings or of objects with the field, or one such object. */
export function textsInJson(text: string, field: string, file: string): string[] {
  const value = parsed(text, file);
  if (!Array.isArray(value)) return [textIn(value, field, file)];
  return value.map((item, i) => {
    const at = `${file}[${i}]`;
    return typeof item === "string" ? wellFormed(item, at) : textIn(item, field, at);
  });
}

function textIn(object: unknown, field: string, at: string): string {
  if (typeof object !== "object" || object === null || Array.isArray(object)) {
    throw invalidData(at, `expected a JSON object, got ${shown(object)}.`);
  }
  if (!Object.hasOwn(object, field)) {
    const fields = Object.keys(object).map(shown).join(", ") || "none";
    throw invalidData(at, `expected a field ${shown(field)}, got ${fields}. Set the option \`field\`.`);
  }
  const value = (object as Record<string, unknown>)[field];
  const where = `${at}: field ${shown(field)}`;
  if (typeof value !== "string") throw invalidData(where, `expected a string, got ${shown(value)}.`);
  return wellFormed(value, where);
}

function wellFormed(text: string, at: string): string {
  if (/\p{Surrogate}/u.test(text)) throw invalidData(at, "an unpaired surrogate, which is not text.");
  return text;
}

function parsed(text: string, at: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw invalidData(at, `expected JSON: ${reasonOf(thrown)}.`, thrown);
  }
}
