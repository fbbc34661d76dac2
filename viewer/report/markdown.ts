/** A report as Markdown, its charts as SVG files beside it. */
import { when } from "../charts/format.ts";
import { leading, type ReportDocument } from "./document.ts";
import { tellingRows } from "./findings.ts";
import { differenceText, estimateText, intervalText, valueText } from "./numbers.ts";

export interface MarkdownReport {
  readonly text: string;
  /** File name to SVG. */
  readonly pictures: ReadonlyMap<string, string>;
}

/** `folder` is where the pictures will be, as seen from the file. */
export function reportMarkdown(document: ReportDocument, folder: string): MarkdownReport {
  const { title, runs, abstract, findings, groups, meanings, charts, config, environment, problems, madeAt } = document;
  const pictures = new Map<string, string>();
  const names = runs.map(({ shown }) => shown.label);
  const several = runs.length > 1;
  const { rows, left } = tellingRows(document.headline);
  const columns = groups.length > 0 ? groups.map(({ label }) => label) : names;
  const head = ["Metric", ...columns.flatMap((name, i) => (i === 0 ? [name] : [name, "difference"]))];
  const keys = new Set(rows.map(({ key }) => key));
  const numbers =
    groups.length > 0
      ? document.groupRows
          .filter(({ key }) => keys.has(key))
          .map(({ key, cells, differences }) => [
            key,
            ...cells.flatMap(({ mean, n }, i) =>
              i === 0 ? [intervalText(mean, n)] : [intervalText(mean, n), intervalText(differences[i])],
            ),
          ])
      : rows.map(({ key, estimates, differences }) => [
          key,
          ...estimates.flatMap((one, i) =>
            i === 0 ? [estimateText(one)] : [estimateText(one), differenceText(differences[i])],
          ),
        ]);
  const figure = ({ section, id, title: name, description, pictures: drawn, problem }: (typeof charts)[number]) => {
    const links = drawn.map(({ caption, svg }, i) => {
      const file = `${section}-${id}${drawn.length > 1 ? `-${i}` : ""}.svg`.replace(/[^\w.-]+/g, "_");
      pictures.set(file, svg);
      return `![${plain(`${name}${caption === "" ? "" : `, ${caption}`}`)}](${encodeURI(folder)}/${file})`;
    });
    const empty = links.length === 0 && problem === undefined ? "Without values, or 0 throughout, so not drawn." : "";
    return [`### ${plain(name)}`, plain(description), ...links, problem === undefined ? empty : plain(problem)]
      .filter((part) => part !== "")
      .join("\n\n");
  };
  const first = leading(document);
  const rest = charts.filter((chart) => !first.includes(chart));
  const basis =
    groups.length > 0
      ? "Means over the runs of a group with 95 % t intervals; differences are to the first, with Welch's."
      : "± is one standard error within a run: it says nothing about other seeds.";
  const settings = config.map(({ key, values, source }) => [
    key,
    ...values.map(valueText),
    ...(several ? [] : [source]),
  ]);
  const text = [
    `# ${plain(title)}`,
    abstract.map(plain).join(" "),
    `Made ${when(madeAt)}.`,
    ...problems.map((problem) => `> ${plain(problem)}`),
    "## Figures",
    ...first.map(figure),
    "## What they say",
    ...findings.map(({ metric, text: said }) => `- ${cellText(metric)}: ${plain(said)}`),
    "## Numbers",
    table(head, numbers),
    [basis, plain(left)].filter((one) => one !== "").join(" "),
    ...meanings.map(([key, meaning]) => `- ${cellText(key)}: ${plain(meaning)}`),
    "## Other charts",
    ...rest.map(figure),
    "## Config",
    table(["Key", ...names, ...(several ? [] : ["From"])], settings),
    "## Environment",
    table(
      ["What", ...names],
      environment.map(([name, values]) => [name, ...values]),
    ),
  ];
  return { text: `${text.join("\n\n")}\n`, pictures };
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cellText).join(" | ")} |`;
  return [line(head), `| ${head.map(() => "---").join(" | ")} |`, ...rows.map(line)].join("\n");
}

/** Keys of metrics and configs as code; whatever else is text. */
function cellText(cell: string): string {
  return /^\w+[./][\w./-]+$/.test(cell) ? `\`${cell}\`` : plain(cell);
}

/** Text that means nothing in Markdown or HTML. */
function plain(text: string): string {
  return text
    .replace(/[\r\n]+/g, " ")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/[\\`*_{}[\]()#!|~]/g, (character) => `\\${character}`);
}
