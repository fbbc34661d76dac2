/** Writes a report of some runs to a file. */
import { writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { makeFolder } from "../../core/record/disk.ts";
import { visible } from "../charts/visible.ts";
import { reportDocument } from "./document.ts";
import { reportHtml } from "./html.ts";
import { reportMarkdown } from "./markdown.ts";
import { reportPng } from "./picture.ts";

export const reportFormats = ["html", "md", "png"] as const;
export type ReportFormat = (typeof reportFormats)[number];

export interface ReportRequest {
  /** Run directories. */
  readonly dirs: readonly string[];
  readonly output: string;
  readonly format: ReportFormat;
  /** ms since 1970; default now. */
  readonly madeAt?: number;
  /** Where indexes of long runs are kept; default the user's cache folder. */
  readonly indexFolder?: string;
}

/** Writes the file, and for Markdown its pictures; resolves to the paths. */
export async function writeReport(request: ReportRequest): Promise<readonly string[]> {
  const { dirs, output, format, madeAt = Date.now() } = request;
  const document = await reportDocument(dirs, madeAt, request.indexFolder);
  makeFolder(dirname(output));
  if (format === "png") await writeFile(output, await reportPng(document));
  else if (format === "html") await writeFile(output, visible(reportHtml(document)));
  else {
    const folder = `${basename(output, extname(output))}-charts`;
    const { text, pictures } = reportMarkdown(document, folder);
    const place = join(dirname(output), folder);
    makeFolder(place);
    for (const [name, svg] of pictures) await writeFile(join(place, name), visible(svg));
    await writeFile(output, visible(text));
    return [output, place];
  }
  return [output];
}
