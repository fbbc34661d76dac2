/** The progress of a training run: one line that redraws itself on a terminal, plain lines elsewhere. */
import type { Observer, StepReport } from "../observer.ts";
import { stepLine } from "../step-line.ts";
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
        stream.write(`${stepLine(report, lastEval)}\n`);
        return;
      }
      if (clock() - lastDraw < 100 && !last) return;
      lastDraw = clock();
      const width = (stream.columns ?? 80) - 1;
      const text = `${bar(report)} ${stepLine(report, lastEval)}`;
      stream.write(`\r\u001b[2K${text.slice(0, width)}`);
      drawn = true;
    },
    info: (message) => line(message),
    warning: (message) => line(`warning: ${message}`),
    ended: clear,
  };
}

function bar(report: StepReport): string {
  const width = 20;
  const full = Math.floor((report.step / report.steps) * width);
  return `[${"=".repeat(full)}${" ".repeat(width - full)}]`;
}
