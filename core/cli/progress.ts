/** The progress of a training run: one line that redraws itself on a terminal, plain lines elsewhere. */
import type { Observer, StepReport } from "../observer.ts";
import { sanitise } from "./terminal.ts";

export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** `clock` in ms; on a terminal the line is redrawn at most ten times a second. */
export function createProgress(stream: ProgressStream, clock: () => number = () => performance.now()): Observer {
  const live = stream.isTTY === true;
  let drawn = false;
  let lastDraw = Number.NEGATIVE_INFINITY;
  let lastEval: number | undefined;
  let nextPlain = 0;

  const clear = () => {
    if (drawn) stream.write("\r\u001b[2K");
    drawn = false;
  };
  const line = (text: string) => {
    clear();
    stream.write(`${sanitise(text, 1000)}\n`);
  };

  return {
    phase: (text) => {
      if (!live) return;
      clear();
      stream.write(`${sanitise(text)} …`);
      drawn = true;
    },
    started: (run, engine) => {
      const { n_layers, d_model, d_mlp } = run.model;
      line(`run ${run.id}: ${n_layers} layers, d_model ${d_model}, d_mlp ${d_mlp}, ${run.steps} steps, ${engine}`);
    },
    step: (report) => {
      lastEval = report.evalLoss ?? lastEval;
      const last = report.step === report.steps;
      if (!live) {
        if (report.step < nextPlain && !last && report.evalLoss === undefined) return;
        nextPlain = report.step + Math.ceil(report.steps / 20);
        stream.write(`${describe(report, lastEval)}\n`);
        return;
      }
      if (clock() - lastDraw < 100 && !last) return;
      lastDraw = clock();
      const width = (stream.columns ?? 80) - 1;
      const text = `${bar(report)} ${describe(report, lastEval)}`;
      stream.write(`\r\u001b[2K${text.slice(0, width)}`);
      drawn = true;
    },
    info: (message) => line(message),
    warning: (message) => line(`warning: ${message}`),
    ended: clear,
  };
}

function describe(report: StepReport, evalLoss: number | undefined): string {
  const parts = [
    `step ${String(report.step).padStart(String(report.steps).length)}/${report.steps}`,
    `loss ${report.loss.toFixed(3)}`,
  ];
  if (evalLoss !== undefined) parts.push(`held out ${evalLoss.toFixed(3)}`);
  parts.push(`${shortNumber(report.tokensPerSecond)} tokens/s`);
  if (report.step < report.steps) parts.push(`${duration(report.remainingMs)} left`);
  return parts.join("  ");
}

function bar(report: StepReport): string {
  const width = 20;
  const full = Math.floor((report.step / report.steps) * width);
  return `[${"=".repeat(full)}${" ".repeat(width - full)}]`;
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
