/** `experiment watch RUN`: a run in the terminal, redrawn while it trains. */
import { basename, dirname } from "node:path";
import { resolveRun } from "../core/record/runs.ts";
import { Library } from "../viewer/library.ts";
import { fittingLines, screenKeys, screenLines } from "../viewer/terminal.ts";
import { onQuit } from "./keys.ts";
import { runsFolder } from "./runs-folder.ts";
import { drawsOver, sanitise } from "./terminal.ts";

interface Arguments {
  run: string;
  runs: string | undefined;
  once: boolean;
}

const every = 500;

export async function watchCommand({ run, runs, once }: Arguments): Promise<void> {
  await watch(resolveRun(await runsFolder(runs), run), once);
}

/** Redraws in place on a terminal; elsewhere prints one line when there is news. */
async function watch(dir: string, once: boolean): Promise<void> {
  const id = basename(dir);
  const library = new Library(dirname(dir), { only: id });
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const inPlace = drawsOver(process.stdout) && !once;
  const leaveKeys = inPlace ? onQuit(process.stdin, stop) : () => {};
  let height = 0;
  let shown = "";
  try {
    while (!stopped.signal.aborted) {
      const detail = await library.detail(id);
      if (!detail) break;
      const keys = screenKeys(detail);
      const series = await library.series(id, keys, { axis: "step", points: 240 });
      const width = process.stdout.columns ?? 100;
      const lines = screenLines({ detail, series, now: Date.now(), width }).map((line) => sanitiseLine(line, width));
      const ended = detail.summary.state !== "running";
      if (inPlace) {
        // Up to the first line of the last picture, and everything below it away.
        const fitting = fittingLines([...lines, "q leaves"], (process.stdout.rows ?? 24) - 1);
        process.stdout.write(`${height > 0 ? `\u001b[${height}A\u001b[J` : ""}${fitting.join("\n")}\n`);
        height = fitting.length;
      } else if (once || ended) console.log(lines.join("\n"));
      else if (lines[1] !== shown) console.log(oneLine(detail.summary));
      shown = lines[1] ?? "";
      if (once || ended) break;
      await pause(stopped.signal);
    }
  } finally {
    leaveKeys();
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
    await library.close();
  }
}

function oneLine({
  step,
  steps,
  loss,
  evalLoss,
}: {
  step: number;
  steps: number;
  loss: unknown;
  evalLoss: unknown;
}): string {
  return `step ${step}/${steps}  loss ${loss ?? "–"}  held out ${evalLoss ?? "–"}`;
}

/** Keeps runs of spaces, which align columns, and nothing that a terminal would act on. */
function sanitiseLine(line: string, width: number): string {
  const words = line.split(/( {2,})/).map((part) => (/^ +$/.test(part) ? part : sanitise(part, width)));
  return [...words.join("")].slice(0, Math.max(20, width - 1)).join("");
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, every);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}
