/** A step in one line of text: for terminals, and for the console log that sinks keep. */
import type { StepReport } from "./observer.ts";

/** `evalLoss` is the newest held-out loss, also where it is of an earlier step. */
export function stepLine(report: StepReport, evalLoss: number | undefined): string {
  const parts = [
    `${report.what ?? "step"} ${String(report.step).padStart(String(report.steps).length)}/${report.steps}`,
    `loss ${report.loss.toFixed(3)}`,
  ];
  if (evalLoss !== undefined) parts.push(`held out ${evalLoss.toFixed(3)}`);
  parts.push(`${shortNumber(report.tokensPerSecond)} tokens/s`);
  if (report.step < report.steps) parts.push(`${duration(report.remainingMs)} left`);
  return parts.join("  ");
}

function shortNumber(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)}M`;
  return value >= 1e4 ? `${(value / 1e3).toFixed(0)}k` : value.toFixed(0);
}

/** `1 h 02 min`, `3 min 20 s`, `12 s`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (!Number.isFinite(seconds)) return "?";
  if (seconds >= 3600)
    return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")} min`;
  return seconds >= 60 ? `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s` : `${seconds} s`;
}
