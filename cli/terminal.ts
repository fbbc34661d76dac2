/** Text for people: tables, colour where a terminal takes it, and names that cannot play tricks on it. */
import { stripVTControlCharacters } from "node:util";

/** A text from a file or a user on one line, without escape sequences, control or direction-changing characters. */
export function sanitise(text: string, longest = 120): string {
  const plain = stripVTControlCharacters(text)
    .replace(/\s+/g, " ")
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, "");
  const characters = [...plain];
  return characters.length > longest ? `${characters.slice(0, longest - 1).join("")}…` : plain;
}

export function bold(text: string): string {
  return styled(text, 1, 22);
}

export function dim(text: string): string {
  return styled(text, 2, 22);
}

/** Whether a stream is a terminal whose lines can be drawn over. */
export function drawsOver({ isTTY }: { readonly isTTY?: boolean }): boolean {
  return isTTY === true && process.env.TERM !== "dumb";
}

/** No styles where output is piped or `NO_COLOR` is set (https://no-color.org); `FORCE_COLOR` overrides both. */
function styled(text: string, on: number, off: number): string {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== "0";
  const wanted = forced || (process.stdout.isTTY === true && !NO_COLOR && TERM !== "dumb");
  return wanted && text !== "" ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}

/** Columns two spaces apart; with `align: "right"` all but the first are right-aligned. Cells may be styled. */
export function table(
  rows: readonly (readonly string[])[],
  { align = "left" }: { align?: "left" | "right" } = {},
): string {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, width(cell));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => {
      const space = " ".repeat((widths[i] ?? 0) - width(cell));
      return align === "right" && i > 0 ? space + cell : cell + space;
    });
  return rows.map((row) => line(row).join("  ").trimEnd()).join("\n");
}

/** Columns that a text takes on a terminal: styles none, East Asian wide characters and emoji two, combining marks none. */
function width(text: string): number {
  let columns = 0;
  for (const character of stripVTControlCharacters(text)) {
    if (/\p{M}/u.test(character)) continue;
    columns +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return columns;
}
