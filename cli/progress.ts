/** The progress of a training run: one line that redraws itself on a terminal, plain lines elsewhere. */
import type { Run } from "../core/contract/run.ts";
import type { Observer } from "../core/run/observer.ts";
import { stepLine } from "../core/run/step-line.ts";
import { bar, createStatusLine, type ProgressStream } from "./status-line.ts";
import { sanitise } from "./terminal.ts";

/** `clock` in ms; on a terminal the line is redrawn at most ten times a second. */
export function createProgress(stream: ProgressStream, clock: () => number = () => performance.now()): Observer {
  const line = createStatusLine(stream);
  let lastDraw = Number.NEGATIVE_INFINITY;
  let lastEval: number | undefined;
  let nextPlain = 0;

  return {
    phase: (text) => line.draw(`${sanitise(text)} …`),
    started: (run, engine) => {
      const { n_layers, d_model, d_mlp } = run.model;
      line.print(`run ${run.id}: ${n_layers} layers, d_model ${d_model}, d_mlp ${d_mlp}, ${extent(run)}, ${engine}`);
    },
    step: (report) => {
      const { step, steps } = report;
      lastEval = report.evalLoss ?? lastEval;
      if (!line.live) {
        if (step < nextPlain && step !== steps && report.evalLoss === undefined) return;
        nextPlain = step + Math.ceil(steps / 20);
        stream.write(`${stepLine(report, lastEval)}\n`);
        return;
      }
      if (clock() - lastDraw < 100 && step !== steps) return;
      lastDraw = clock();
      line.draw(`${bar(step, steps)} ${stepLine(report, lastEval)}`);
    },
    info: line.print,
    warning: line.warn,
    progress: line.progress,
    ended: line.clear,
  };
}

function extent({ steps, observed }: Run): string {
  if (observed === undefined) return `${steps} steps`;
  return observed.looks === 1 ? `one look at ${observed.source}` : `${observed.looks} looks at ${observed.source}`;
}
