/** `experiment sync [RUN…]`: takes runs on disk to where their sinks keep them, as far as they are not there yet. */
import { syncRuns } from "../studies/sync.ts";
import type { LoadPlugins } from "./command.ts";
import { runsFolder } from "./runs-folder.ts";
import { createStatusLine } from "./status-line.ts";
import { sanitise } from "./terminal.ts";
import { wordOf } from "./word.ts";

interface Arguments {
  readonly runs: string | undefined;
  readonly run: readonly string[] | undefined;
  readonly trust: boolean;
  readonly takeOver: boolean;
}

export async function syncCommand({ run = [], runs, trust, takeOver }: Arguments, plugins: LoadPlugins): Promise<void> {
  const { print: info, warn, progress, clear } = createStatusLine(process.stderr);
  const host = { info, warn, progress };
  const [root, word] = [await runsFolder(runs), await wordOf({ trust })];
  const request = { root, refs: run, plugins: await plugins(), word, takeOver };
  const report = await syncRuns(request, host);
  clear();
  for (const { message } of report) {
    for (const line of message.split("\n")) console.log(sanitise(line, 2000));
  }
  if (report.length === 0) console.log("No run has a sink that can be synced.");
  process.exitCode = report.some(({ state }) => state === "partial") ? 1 : 0;
}
