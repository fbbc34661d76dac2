/** Text in columns. */

/** Rows with their columns aligned by two spaces; a cell wider than `widest` does not push the others aside. */
export function columns(rows: readonly (readonly string[])[], widest = 40): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) {
      if (cell.length <= widest) widths[i] = Math.max(widths[i] ?? 0, cell.length);
    }
  }
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
