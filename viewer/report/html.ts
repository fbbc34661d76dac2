/** A report as one HTML file, to be read like a paper: what was run, the figures that matter, what they say, then the rest. */
import { when } from "../charts/format.ts";
import { familyOf } from "../charts/metric-key.ts";
import { leading, type ReportDocument } from "./document.ts";
import { leadingFamilies, tellingRows } from "./findings.ts";
import type { HeadlineRow } from "./headline.ts";
import { differenceText, estimateText, intervalText, numberLike, valueText } from "./numbers.ts";
import { style } from "./style.ts";

/** The whole file: no script, no request, fit to print. */
export function reportHtml(document: ReportDocument): string {
  const { title, charts, problems, madeAt, abstract } = document;
  const first = leading(document);
  const rest = charts.filter((chart) => !first.includes(chart));
  const { rows: telling, left } = tellingRows(document.headline);
  const families = leadingFamilies(document.headline);
  const lead = telling.filter(({ key }) => families.includes(familyOf(key)) || isLoss(key));
  const further = telling.filter((row) => !lead.includes(row));
  const sections = [...new Set(rest.map(({ section }) => section))];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p>${abstract.map(escaped).join(" ")}</p>
<p class="quiet">Made ${when(madeAt)} with reluscope ${escaped(document.runs[0]?.detail.versions.reluscope ?? "")}</p>
${problems.length > 0 ? `<ul class="problems">${problems.map((text) => `<li>${escaped(text)}</li>`).join("")}</ul>` : ""}
<h2>Figures</h2>
<div class="grid">${first.map((chart, i) => figure(chart, i + 1)).join("\n")}</div>
${findingList(document)}
<h2>Numbers</h2>
${document.groups.length > 0 ? groupTable(document, lead) : headlineTable(document, lead)}
<p class="quiet">${escaped(left)}</p>
${sections.map((section) => chartSection(rest, section)).join("\n")}
${further.length === 0 ? "" : folded("Further numbers", document.groups.length > 0 ? groupTable(document, further) : headlineTable(document, further))}
${document.groups.length > 0 ? folded("Numbers of every run", headlineTable(document, telling)) : ""}
${folded("What the numbers mean", meaningList(document))}
${folded("Config", configTable(document))}
${folded("Environment", environmentTable(document))}
</main>
</body>
</html>
`;
}

/** The losses stand together, whichever of them speaks for the run. */
function isLoss(key: string): boolean {
  return key.startsWith("train/") || key.startsWith("eval/");
}

function findingList({ findings, groups, runs }: ReportDocument): string {
  if (findings.length === 0) return "";
  const items = findings.map(
    ({ metric, meaning, text }) =>
      `<li><b>${escaped(metric)}</b>${meaning === "" ? "" : ` <span class="quiet">${escaped(meaning)}</span>`}<br>${escaped(text)}</li>`,
  );
  const basis =
    groups.length > 0
      ? "Intervals are 95 %, over the runs of a group; several were looked at, and none is corrected for that."
      : `± and intervals are within ${runs.length > 1 ? "a run: differences between single runs may be those of seeds" : "this run: they say nothing about other seeds"}.`;
  return `<h2>What they say</h2><ul class="findings">${items.join("")}</ul><p class="quiet">${basis}</p>`;
}

function groupTable({ groups, groupRows }: ReportDocument, of: readonly HeadlineRow[]): string {
  const head = ["Metric", ...groups.flatMap(({ label }, i) => (i === 0 ? [label] : [label, "difference"]))];
  const shown = new Set(of.map(({ key }) => key));
  const rows = groupRows
    .filter(({ key }) => shown.has(key))
    .map(({ key, cells, differences }) => [
      key,
      ...cells.flatMap(({ mean, n }, i) =>
        i === 0 ? [intervalText(mean, n)] : [intervalText(mean, n), intervalText(differences[i])],
      ),
    ]);
  const sizes = [...new Set(groups.map(({ runs }) => runs.length))].sort((a, b) => a - b);
  const n = sizes.length === 1 ? `${sizes[0]}` : `${sizes[0]} to ${sizes.at(-1)}`;
  return `${table(head, rows)}<p class="quiet">Means over the ${n} runs of a group with 95 % t intervals; differences are to ${escaped(groups[0]?.label ?? "")}, with Welch's interval. No correction for the number of comparisons.</p>`;
}

function headlineTable({ runs }: ReportDocument, headline: readonly HeadlineRow[]): string {
  const several = runs.length > 1;
  const few = runs.length <= 3;
  const names = runs.map(({ shown }) => shown.label);
  const ofRuns = few ? names.flatMap((name, i) => (i === 0 ? [name] : [name, "difference"])) : names;
  const head = ["Metric", ...(several ? ofRuns : ["Value", "Basis"])];
  const rows = headline.map(({ key, estimates, differences }) => {
    if (!several) return [key, estimateText(estimates[0]), estimates[0]?.basis ?? ""];
    return [
      key,
      ...estimates.flatMap((one, i) =>
        i === 0 || !few ? [estimateText(one)] : [estimateText(one), differenceText(differences[i])],
      ),
    ];
  });
  const note = several
    ? `${few ? `Differences are to ${escaped(names[0] ?? "")}. ` : ""}± is one standard error within a run: it says nothing about other seeds.`
    : "± is one standard error within this run: it says nothing about other seeds.";
  return `${table(head, rows)}<p class="quiet">${note}</p>`;
}

function meaningList({ meanings }: ReportDocument): string {
  return `<dl>${meanings.map(([key, meaning]) => `<dt>${escaped(key)}</dt><dd>${escaped(meaning)}</dd>`).join("")}</dl>`;
}

function folded(title: string, content: string): string {
  return `<details><summary>${escaped(title)}</summary>${content}</details>`;
}

function chartSection(charts: ReportDocument["charts"], section: string): string {
  const title = section.replaceAll("_", " ");
  const mine = charts.filter((chart) => chart.section === section);
  const drawn = mine.filter(({ pictures, problem }) => pictures.length > 0 || problem !== undefined);
  const empty = mine.filter((chart) => !drawn.includes(chart)).map((chart) => escaped(chart.title));
  const undrawn =
    empty.length > 0 ? `<p class="quiet">Without values, or 0 throughout, so not drawn: ${empty.join(", ")}.</p>` : "";
  return folded(
    title.charAt(0).toUpperCase() + title.slice(1),
    `<div class="grid">${drawn.map((chart) => figure(chart)).join("\n")}</div>${undrawn}`,
  );
}

function figure({ title, description, pictures, problem }: ReportDocument["charts"][number], place?: number): string {
  const drawn = pictures.map(({ caption, svg, legend }) => {
    const name = legend ? `Lines of ${title}` : caption === "" ? title : `${title}, ${caption}`;
    const kind = widthOf(svg) > panelWidth ? ' class="broad"' : "";
    const heading = caption === "" ? "" : `<h4>${escaped(caption)}</h4>`;
    return `<div role="img" tabindex="0" aria-label="${escaped(name)}"${kind}>${heading}${svg}</div>`;
  });
  const words = description === "" ? "" : `<p>${escaped(description)}</p>`;
  const missing = problem === undefined ? "" : `<p class="quiet">${escaped(problem)}</p>`;
  const wide = pictures.length > 1 ? ' class="whole-row"' : "";
  const names = pictures[0]?.legend ? drawn.shift() : "";
  return `<figure${wide}><figcaption><h3>${place === undefined ? "" : `Figure ${place}. `}${escaped(title)}</h3>${words}</figcaption>${names}<div class="pictures">${drawn.join("")}</div>${missing}</figure>`;
}

/** What is wider could not be read at a phone's width: it is scrolled there. */
const panelWidth = 480;

function widthOf(svg: string): number {
  return Number(/width="([\d.]+)"/.exec(svg)?.[1]);
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
  const data = (cell: string) => `<td${numberLike(cell) ? ' class="number"' : ""}>${escaped(cell)}</td>`;
  const cells = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? `<th scope="row">${escaped(cell)}</th>` : data(cell))).join("");
  const body = rows.map((row, i) => `<tr class="${kind(i)}">${cells(row)}</tr>`).join("\n");
  const names = head.map((name) => `<th scope="col">${escaped(name)}</th>`).join("");
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escaped(head[0] ?? "")}"><table><thead><tr>${names}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
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
