import { z } from "zod";
import { idKeys, type Run } from "../../../../core/contract/run.ts";
import { maxBins } from "../log/histogram.ts";
import { summaryRule } from "../log/keys.ts";
import { resumeModes } from "../log/progress.ts";
import type { RunLogOptions } from "../log/run-log.ts";

/** What may stand under `sinks.wandb`. What is absent is taken from WANDB_* variables and W&B's settings files. */
export const optionsSchema = z.strictObject({
  mode: z
    .enum(["online", "offline", "disabled"])
    .optional()
    .describe(
      "online: stream while training; offline: only write the log; disabled: nothing. Default: online with a key.",
    ),
  project: z.string().optional().describe("W&B project; default `reluscope`."),
  entity: z.string().optional().describe("User or team; default: the key's own."),
  group: z.string().optional().describe("Runs of one group are folded together."),
  job_type: z.string().optional().describe("What kind of run this is, such as `train`."),
  name: z.string().optional().describe("Shown name; default: the run's."),
  notes: z.string().optional().describe("A longer description."),
  tags: z.array(z.string()).optional().describe("Labels to filter by, 1 to 64 characters each."),
  id: z.string().optional().describe("W&B run id; default: the run's id."),
  resume: z
    .enum(resumeModes)
    .optional()
    .describe(
      "When a new run has the id of one on the server: allow, must or never go on behind its rows; auto: go on with the last unfinished one.",
    ),
  dir: z.string().optional().describe("Folder that gets `wandb/`; default: WANDB_DIR, else the run's directory."),
  base_url: z.string().optional().describe("Address of the server; default https://api.wandb.ai."),
  axis: z.enum(["tokens", "step"]).default("tokens").describe("What charts have on their x axis at first."),
  bins: z.int().min(1).max(maxBins).default(64).describe("Bins of a histogram of an array metric."),
  summary: z
    .record(z.string(), z.array(z.enum(["min", "max", "last"])))
    .default({ "*/loss": ["min", "last"] })
    .describe("What the summary holds beside last values: key, or pattern with `*`, to min, max, last."),
  system_every: z.number().min(0).default(15).describe("Seconds between system metrics; 0 takes none."),
  console: z.boolean().default(true).describe("Keep what the run prints."),
  checkpoints: z
    .union([z.boolean(), z.enum(["files", "artifacts"])])
    .default(false)
    .describe(
      "Upload the checkpoints that are left at the end: `files` of the run (`true` is the same), or `artifacts`: versions of `checkpoint-<run id>`.",
    ),
  charts: z
    .boolean()
    .default(true)
    .describe("Add the charts that analyzers declare: by W&B's presets, and as pictures where those cannot hold them."),
  finish_timeout: z
    .number()
    .min(0)
    .default(120)
    .describe("Seconds that the end of a run may take to bring the server up to date."),
});

/** The options with their defaults. */
export type WandbOptions = z.output<typeof optionsSchema>;

/** How these options have the rows of a run written; `startedAt` in ms since 1970. */
export function runLogOptionsOf(
  { bins, axis, summary }: WandbOptions,
  { startedAt, metrics }: Pick<Run, "startedAt" | "metrics">,
): RunLogOptions {
  const x = axis === "tokens" ? "tokens" : undefined;
  return { startedAt, bins, axis: x, holdsIds: idKeys(metrics), summaryOf: summaryRule(summary) };
}
