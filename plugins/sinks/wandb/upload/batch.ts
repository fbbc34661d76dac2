import type { Placement } from "../log/placement.ts";

/** Lines to be sent: `content` starts at line `offset` of its file. */
export interface Lines {
  readonly offset: number;
  readonly content: readonly string[];
}

/** Takes history lines to the server by another way; resolves once they are there, rejects where that is not sure. */
export type HistoryLane = (lines: Lines, summary: string) => Promise<void>;

/** What is sent in one request. */
export interface Batch {
  readonly history: Lines;
  readonly events: Lines;
  readonly output: Lines;
  /** Whether the log held more when this batch was full. */
  readonly more: boolean;
}

/** The batch with the offsets that it has on the server. */
export function placed(batch: Batch, base: Placement): Batch {
  const at = ({ offset, content }: Lines, by: number): Lines => ({ offset: offset + by, content });
  return {
    history: at(batch.history, base.history),
    events: at(batch.events, base.events),
    output: at(batch.output, base.output),
    more: batch.more,
  };
}

/** The files of a request, by name; those without a line stay as they are. */
export function filesOf(
  { history, events, output }: Omit<Batch, "more">,
  summary: string | undefined,
): Record<string, Lines> {
  const files: Record<string, Lines> = {};
  if (history.content.length > 0) files["wandb-history.jsonl"] = history;
  if (events.content.length > 0) files["wandb-events.jsonl"] = events;
  if (output.content.length > 0) files["output.log"] = output;
  if (summary !== undefined) files["wandb-summary.json"] = { offset: 0, content: [summary] };
  return files;
}
