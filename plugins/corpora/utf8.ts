import { isUtf8 } from "node:buffer";
import { invalidData, reasonOf } from "../../core/errors/errors.ts";

/** Bytes as text, without a byte order mark. Throws `data.invalid` that names the first byte that is not UTF-8. */
export function textOf(bytes: Buffer, where: string): string {
  if (!isUtf8(bytes)) throw invalidData(where, `expected UTF-8, got byte ${problemAt(bytes)}. Convert it to UTF-8.`);
  try {
    return new TextDecoder().decode(bytes);
  } catch (thrown) {
    throw invalidData(where, `too large for one string: ${reasonOf(thrown)}. Cut it into smaller files.`, thrown);
  }
}

function problemAt(bytes: Buffer): string {
  // The longest prefix that can be the beginning of UTF-8, by bisection.
  let good = 0;
  let bad = bytes.length + 1;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isBeginning(bytes.subarray(0, middle))) good = middle;
    else bad = middle;
  }
  if (good === bytes.length) return `at offset ${good}: the file ends inside a character`;
  return `0x${bytes[good]!.toString(16).padStart(2, "0")} at offset ${good}`;
}

function isBeginning(bytes: Buffer): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
