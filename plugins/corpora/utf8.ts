import { isUtf8 } from "node:buffer";
import { invalidData, reasonOf } from "../../core/errors/errors.ts";

/** Bytes as text, without a byte order mark. Throws `data.invalid` that names the first byte that no text has. */
export function textOf(bytes: Buffer, where: string): string {
  if (!isUtf8(bytes)) throw invalidData(where, `expected UTF-8, got ${problemIn(bytes)}`);
  const zero = bytes.indexOf(0);
  if (zero >= 0) {
    const problem = `expected text, got byte 0x00 at offset ${zero}. Token ids are for the corpus \`tokens\`; UTF-16 converts to UTF-8.`;
    throw invalidData(where, problem);
  }
  try {
    return new TextDecoder().decode(bytes);
  } catch (thrown) {
    throw invalidData(
      where,
      `too large for one string: ${reasonOf(thrown)}. Cut it into smaller files, or make it .jsonl.`,
      thrown,
    );
  }
}

function problemIn(bytes: Buffer): string {
  const start = bytes.subarray(0, 4).toString("latin1");
  const what = Object.entries(signatures).find(([signature]) => start.startsWith(signature))?.[1];
  if (what !== undefined) return what;
  const at = firstStray(bytes);
  const stray = bytes[at]!;
  const byte = `byte 0x${stray.toString(16).padStart(2, "0")} at offset ${at}`;
  const length = stray >= 0xf0 ? 4 : stray >= 0xe0 ? 3 : 2;
  if (stray >= 0xc2 && at + length > bytes.length && isBeginning(bytes.subarray(at))) {
    return `${byte}: the file ends inside a character. It may be cut off.`;
  }
  const letter = new TextDecoder("windows-1252").decode(bytes.subarray(at, at + 1));
  return /\p{L}|\p{P}/u.test(letter)
    ? `${byte}, which is ${letter} in Windows-1252. Convert it: iconv -f WINDOWS-1252 -t UTF-8.`
    : `${byte}. Convert it to UTF-8.`;
}

/** First bytes of files that are often mistaken for text. */
const signatures: Readonly<Record<string, string>> = {
  "\u00ff\u00fe": "UTF-16. Convert it: iconv -f UTF-16 -t UTF-8.",
  "\u00fe\u00ff": "UTF-16. Convert it: iconv -f UTF-16 -t UTF-8.",
  "\u0093NUM": "a NumPy array. Token ids are for the corpus `tokens`.",
  PAR1: "a Parquet file. Write its text as .jsonl first.",
  "PK\u0003\u0004": "a zip archive. Unpack it first.",
  "\u0028\u00b5\u002f\u00fd": "a zstd file. Unpack it first.",
  "%PDF": "a PDF. Extract its text first.",
};

/** Offset of the first byte that begins no character, or whose character is broken off. */
function firstStray(bytes: Buffer): number {
  // The longest prefix that can be the beginning of UTF-8, by bisection.
  let good = 0;
  let bad = bytes.length + 1;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isBeginning(bytes.subarray(0, middle))) good = middle;
    else bad = middle;
  }
  // It may end with the first bytes of a character that what follows does not complete: that is where the fault begins.
  for (let back = 1; back <= 3 && back <= good; back++) {
    const byte = bytes[good - back]!;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return isUtf8(bytes.subarray(good - back, good)) ? good : good - back;
  }
  return good;
}

function isBeginning(bytes: Buffer): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
