/** A report as one HTML file: no script, no request, fit to print. */
import { when } from "../charts/format.ts";
import type { ReportDocument } from "./document.ts";
import { differenceText, estimateText, valueText } from "./numbers.ts";

/** The whole file. */
export function reportHtml(document: ReportDocument): string {
  const { title, charts, problems, madeAt } = document;
  const sections = [...new Set(charts.map(({ section }) => section))];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p class="quiet">Made ${when(madeAt)} with reluscope ${escaped(document.runs[0]?.detail.versions.reluscope ?? "")}</p>
${problems.length > 0 ? `<ul class="problems">${problems.map((text) => `<li>${escaped(text)}</li>`).join("")}</ul>` : ""}
<h2>Numbers</h2>
${headlineTable(document)}
${sections.map((section) => chartSection(document, section)).join("\n")}
<h2>Config</h2>
${configTable(document)}
<h2>Environment</h2>
${environmentTable(document)}
</main>
</body>
</html>
`;
}

function headlineTable({ headline, meanings, runs }: ReportDocument): string {
  const several = runs.length > 1;
  const names = runs.map(({ shown }) => shown.label);
  const head = [
    "Metric",
    ...(several ? names.flatMap((name, i) => (i === 0 ? [name] : [name, "difference"])) : ["Value", "Basis"]),
  ];
  const rows = headline.map(({ key, estimates, differences }) => [
    key,
    ...estimates.flatMap((estimate, i) =>
      several
        ? i === 0
          ? [estimateText(estimate)]
          : [estimateText(estimate), differenceText(differences[i])]
        : [estimateText(estimate), estimate?.basis ?? ""],
    ),
  ]);
  const note = several
    ? `<p class="quiet">Differences are against ${escaped(names[0] ?? "")}. ± is one standard error within a run: it says nothing about other seeds.</p>`
    : '<p class="quiet">± is one standard error within this run: it says nothing about other seeds.</p>';
  const words = meanings.map(([key, meaning]) => `<dt>${escaped(key)}</dt><dd>${escaped(meaning)}</dd>`);
  return `${table(head, rows)}${note}<h3>What they mean</h3><dl>${words.join("")}</dl>`;
}

function chartSection({ charts }: ReportDocument, section: string): string {
  const title = section.replaceAll("_", " ");
  const figures = charts
    .filter((chart) => chart.section === section)
    .map(({ title: name, description, pictures, problem }) => {
      const drawn = pictures.map(
        ({ caption, svg }) => `<div>${caption === "" ? "" : `<h4>${escaped(caption)}</h4>`}${svg}</div>`,
      );
      const words = description === "" ? "" : `<p>${escaped(description)}</p>`;
      const missing = problem === undefined ? "" : `<p class="quiet">${escaped(problem)}</p>`;
      return `<figure><figcaption><h3>${escaped(name)}</h3>${words}</figcaption><div class="pictures">${drawn.join("")}</div>${missing}</figure>`;
    });
  return `<h2>${escaped(title.charAt(0).toUpperCase() + title.slice(1))}</h2>\n<div class="grid">${figures.join("\n")}</div>`;
}

function configTable({ config, runs }: ReportDocument): string {
  const several = runs.length > 1;
  const head = ["Key", ...(several ? runs.map(({ shown }) => shown.label) : ["Value", "From"])];
  const rows = config.map(({ key, values, source }) => [key, ...values.map(valueText), ...(several ? [] : [source])]);
  return table(head, rows, (row) => (several && config[row]?.differs ? "differs" : ""));
}

function environmentTable({ environment, runs }: ReportDocument): string {
  const rows = environment.map(([name, values]) => [name, ...values]);
  return table(["What", ...runs.map(({ shown }) => shown.label)], rows);
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  kind: (row: number) => string = () => "",
): string {
  const cells = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? `<th scope="row">${escaped(cell)}</th>` : `<td>${escaped(cell)}</td>`)).join("");
  const body = rows.map((row, i) => `<tr class="${kind(i)}">${cells(row)}</tr>`).join("\n");
  const names = head.map((name) => `<th scope="col">${escaped(name)}</th>`).join("");
  return `<div class="scroll"><table><thead><tr>${names}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that stays text. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

const style = `
:root { color-scheme: light; }
body { margin: 0; font: 14px/1.5 system-ui, sans-serif; color: #1c2024; background: #fff; }
main { max-width: 1360px; margin: 0 auto; padding: 28px 24px 60px; }
h1 { font-size: 22px; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 16px; margin: 30px 0 8px; }
h3 { font-size: 14px; margin: 0; }
h4 { font-size: 12px; margin: 6px 0 2px; color: #5d666f; }
p { margin: 2px 0 6px; max-width: 90ch; }
.quiet, figcaption p { color: #5d666f; font-size: 12.5px; }
.problems { border-left: 3px solid #c0272d; background: #f5f7f8; padding: 8px 12px 8px 28px; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 560px), 1fr)); gap: 18px 24px; }
figure { margin: 0; min-width: 0; break-inside: avoid; }
figure svg { max-width: 100%; height: auto; }
dl { margin: 4px 0; font-size: 12.5px; max-width: 110ch; }
dt { font-weight: 600; }
dd { margin: 0 0 4px; color: #5d666f; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 12.5px; }
th, td { text-align: left; vertical-align: top; font-weight: normal; padding: 3px 16px 3px 0; border-bottom: 1px solid #e1e5e8; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
td { max-width: 46ch; }
tbody th { white-space: nowrap; }
thead th { color: #5d666f; }
.differs th, .differs td { font-weight: 600; }
@media print {
  main { max-width: none; padding: 0; }
  body { font-size: 10.5px; }
  table { font-size: 9.5px; }
  h2 { break-after: avoid; }
  tr { break-inside: avoid; }
  .grid { grid-template-columns: 1fr 1fr; }
}
`;
