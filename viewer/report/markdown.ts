/** A report as Markdown, its charts as SVG files beside it. */
import { when } from "../charts/format.ts";
import type { ReportDocument } from "./document.ts";
import { differenceText, estimateText, valueText } from "./numbers.ts";

export interface MarkdownReport {
  readonly text: string;
  /** File name to SVG. */
  readonly pictures: ReadonlyMap<string, string>;
}

/** `folder` is where the pictures will be, as seen from the file. */
export function reportMarkdown(document: ReportDocument, folder: string): MarkdownReport {
  const { title, runs, headline, meanings, charts, config, environment, problems, madeAt } = document;
  const pictures = new Map<string, string>();
  const names = runs.map(({ shown }) => shown.label);
  const several = runs.length > 1;
  const head = ["Metric", ...names.flatMap((name, i) => (i === 0 ? [name] : [name, "difference"]))];
  const numbers = headline.map(({ key, estimates, differences }) => [
    key,
    ...estimates.flatMap((one, i) =>
      i === 0 ? [estimateText(one)] : [estimateText(one), differenceText(differences[i])],
    ),
  ]);
  const figures = charts.map(({ section, id, title: name, description, pictures: drawn, problem }) => {
    const links = drawn.map(({ caption, svg }, i) => {
      const file = `${section}-${id}${drawn.length > 1 ? `-${i}` : ""}.svg`.replace(/[^\w.-]+/g, "_");
      pictures.set(file, svg);
      return `![${plain(`${name}${caption === "" ? "" : `, ${caption}`}`)}](${encodeURI(folder)}/${file})`;
    });
    const empty = links.length === 0 && problem === undefined ? "Without values, so not drawn." : "";
    return [`### ${plain(name)}`, plain(description), ...links, problem === undefined ? empty : plain(problem)]
      .filter((part) => part !== "")
      .join("\n\n");
  });
  const settings = config.map(({ key, values, source }) => [
    key,
    ...values.map(valueText),
    ...(several ? [] : [source]),
  ]);
  const text = [
    `# ${plain(title)}`,
    `Made ${when(madeAt)}. ± is one standard error within a run: it says nothing about other seeds.`,
    ...problems.map((problem) => `> ${plain(problem)}`),
    "## Numbers",
    table(head, numbers),
    ...meanings.map(([key, meaning]) => `- ${cellText(key)}: ${plain(meaning)}`),
    "## Charts",
    ...figures,
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
