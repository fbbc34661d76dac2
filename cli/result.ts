/** What stands on the screen when a run has ended: sparsity layer by layer, the losses, where the run is, what to do next. */
import { relative } from "node:path";
import type { TrainResult } from "../core/run/train.ts";
import { shortNumber } from "./numbers.ts";
import { bold, dim, sanitise, table } from "./terminal.ts";

/** The result as text; paths relative to `cwd`. */
export function resultText(result: TrainResult, cwd: string = process.cwd()): string {
  const { outcome, last } = result;
  const parts: string[] = [];
  const perLayer = layerTable(last, result.headline);
  if (perLayer !== undefined) parts.push(perLayer);
  const losses: string[] = [];
  if (last["train/loss"] !== undefined) losses.push(`train loss ${shortNumber(last["train/loss"])}`);
  if (last["eval/loss"] !== undefined) {
    const bits = last["eval/bits_per_byte"];
    const error = last["eval/loss_se"];
    const sure = Number.isFinite(error)
      ? `± ${shortNumber(error)} nats per token (standard error over documents)`
      : "nats per token (one document: no standard error)";
    losses.push(`held out ${shortNumber(last["eval/loss"])} ${sure}`);
    const perplexity = last["eval/perplexity"];
    if (perplexity !== undefined) losses.push(`perplexity ${shortNumber(perplexity)}`);
    if (bits !== undefined) losses.push(`${shortNumber(bits)} bits per byte`);
  }
  if (losses.length > 0) parts.push(losses.join(", "));
  for (const plugin of result.failedPlugins) parts.push(`${sanitise(plugin)} failed: see the warnings above.`);
  const lost = Object.entries(result.lostRows).filter(([, rows]) => rows > 0);
  for (const [sink, rows] of lost) parts.push(`sink ${sink} lost ${rows} ${rows === 1 ? "row" : "rows"}.`);
  const where = relative(cwd, result.dir) || ".";
  parts.push(`${bold(outcome.state)} at step ${outcome.step}: ${where}`);
  parts.push(
    dim(outcome.state === "finished" ? `next: experiment show ${result.id}` : `go on: experiment resume ${result.id}`),
  );
  return parts.join("\n");
}

function layerTable(last: Readonly<Record<string, number>>, columns: readonly string[]): string | undefined {
  const shown = columns.filter((key) => last[`${key}/layer_0`] !== undefined);
  if (shown.length === 0) return undefined;
  const names = shown.map((key) => key.slice(key.indexOf("/") + 1));
  const titles = names.map((name, i) => (names.indexOf(name) === i ? name : (shown[i] ?? name)));
  const rows = [["layer", ...titles].map(bold)];
  for (let layer = 0; last[`${shown[0]}/layer_${layer}`] !== undefined; layer++) {
    rows.push([String(layer), ...shown.map((key) => shortNumber(last[`${key}/layer_${layer}`]))]);
  }
  return `${table(rows, { align: "right" })}\n`;
}
