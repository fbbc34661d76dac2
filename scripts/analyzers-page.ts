/** Writes docs/analyzers.md from what the analyzers declare: `node --import tsx/esm scripts/analyzers-page.ts`. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Analyzer } from "../core/contract/analyzer.ts";
import { builtIns } from "../plugins/index.ts";

/** The page's place, absolute. */
export const pagePath: string = fileURLToPath(new URL("../docs/analyzers.md", import.meta.url));

/** The page's text. */
export async function analyzersPage(): Promise<string> {
  const analyzers = await Promise.all(Object.values(builtIns.analyzer).map((load) => load()));
  return `${introduction}\n${analyzers.map(section).join("\n\n")}\n`;
}

const introduction = `<!-- Written by scripts/analyzers-page.ts from the analyzers themselves. -->
# Analyzers

What each metric means, its range and unit, where it comes from, and how it can mislead. \`experiment plugins NAME\` prints the
same. "Use" is the share that is active, "sparsity" is 1 - use. A unit is active when its activation is above zero, exactly, in the
dtype of the activations. All metrics are given for each layer unless they say otherwise; arrays are written to \`arrays/\`.
`;

function section({ name, summary, options, every = 1, metrics, charts = [] }: Analyzer): string {
  const rows = Object.entries(metrics).map(([metric, about]) => `| \`${metric}\` | ${about.replaceAll("|", "\\|")} |`);
  const drawn = charts.map(({ title, description }) => `- ${title}. ${description}`);
  return [
    `## ${name}\n\n${summary} Looks ${every === 1 ? "at every step" : `every ${every} steps`} by default (option \`every\`).`,
    ...optionTable(options as unknown as z.ZodType),
    ["| metric | meaning |", "| --- | --- |", ...rows].join("\n"),
    `Charts:\n\n${drawn.join("\n")}`,
  ].join("\n\n");
}

function optionTable(options: z.ZodType): string[] {
  const { properties = {} } = z.toJSONSchema(options, { io: "input" });
  const rows = Object.entries(properties as Record<string, { description?: string; default?: unknown }>).map(
    ([name, { description, default: value }]) => `| \`${name}\` | ${value ?? ""} | ${description ?? ""} |`,
  );
  return rows.length === 0 ? [] : [["| option | default | |", "| --- | --- | --- |", ...rows].join("\n")];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(pagePath, await analyzersPage());
