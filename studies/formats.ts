/** Tables as Markdown, CSV, LaTeX and HTML. */

/** One table: cells as they are to be read. */
export interface TextTable {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** File endings and how they are written; JSON holds the report itself. */
export const formats = {
  md: (tables: readonly TextTable[], title: string) =>
    [`# ${title}`, ...tables.map(({ title, note, head, rows }) => markdown(title, note, head, rows))].join("\n\n") +
    "\n",
  csv: (tables: readonly TextTable[]) =>
    tables
      .flatMap(({ id, head, rows }) => [["table", ...head], ...rows.map((row) => [id, ...row])])
      .map((row) => `${row.map(csvCell).join(",")}\r\n`)
      .join(""),
  tex: (tables: readonly TextTable[]) => `${tables.map(latex).join("\n\n")}\n`,
  html: (tables: readonly TextTable[], title: string) => html(tables, title),
} as const;

function markdown(title: string, note: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => text.replace(/[\\|]/g, "\\$&").replace(/\s*\n\s*/g, " ");
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [`## ${title}`, "", note, "", line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Quoted where it must be; a cell that a spreadsheet would take for a formula begins with an apostrophe. */
function csvCell(text: string): string {
  const safe = /^[=@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function latex({ id, title, note, head, rows }: TextTable): string {
  const line = (cells: readonly string[]) => `    ${cells.map(latexText).join(" & ")} \\\\`;
  return [
    "\\begin{table}",
    "  \\centering",
    `  \\caption{${latexText(title)}. ${latexText(note)}}`,
    `  \\label{tab:${id.replace(/[^a-z0-9-]/gi, "-")}}`,
    `  \\begin{tabular}{l${"r".repeat(head.length - 1)}}`,
    "    \\hline",
    line(head),
    "    \\hline",
    ...rows.map(line),
    "    \\hline",
    "  \\end{tabular}",
    "\\end{table}",
  ].join("\n");
}

const latexSpecials: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "±": "$\\pm$",
};

function latexText(text: string): string {
  return text.replace(/[\\~^±]|[&%$#_{}]/g, (one) => latexSpecials[one] ?? `\\${one}`);
}

function html(tables: readonly TextTable[], title: string): string {
  const text = (raw: string) => raw.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
  /** Columns of sentences, which may break. */
  const wordy = ({ head, rows }: TextTable) => head.map((_, k) => rows.some((row) => (row[k] ?? "").length > 40));
  const row = (cells: readonly string[], tag: "td" | "th", words: readonly boolean[]) =>
    `<tr>${cells.map((cell, k) => `<${tag}${words[k] ? ' class="words"' : ""}>${text(cell)}</${tag}>`).join("")}</tr>`;
  const sections = tables.map((one) => {
    const [words, id] = [wordy(one), text(one.id)];
    const body = one.rows.map((cells) => row(cells, "td", words)).join("\n");
    return `<section id="${id}"><h2>${text(one.title)}</h2><p>${text(one.note)}</p><div><table><thead>${row(one.head, "th", words)}</thead><tbody>${body}</tbody></table></div></section>`;
  });
  const style =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}div{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}th,td{padding:.25rem .75rem;text-align:right;border-bottom:1px solid #ddd;white-space:nowrap}th:first-child,td:first-child{text-align:left}.words{white-space:normal;text-align:left;min-width:18rem}p{max-width:48rem;color:#555}";
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${text(title)}</title><style>${style}</style></head><body><h1>${text(title)}</h1>\n${sections.join("\n")}\n</body></html>\n`;
}
