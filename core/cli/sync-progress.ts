/** The progress of `experiment sync`: a bar on a terminal, nothing elsewhere but what is worth a line. */
import type { SyncHost } from "../plugin.ts";
import type { ProgressStream } from "./progress.ts";
import { sanitise } from "./terminal.ts";

const width = 30;

/** `clear` takes the bar away before something else is printed. */
export function createSyncProgress(stream: ProgressStream): SyncHost & { clear(): void } {
  let drawn = false;
  const clear = () => {
    if (drawn) stream.write("\r\u001b[2K");
    drawn = false;
  };
  const line = (text: string) => {
    clear();
    stream.write(`${sanitise(text, 1000)}\n`);
  };
  return {
    clear,
    info: line,
    warn: (message) => line(`warning: ${message}`),
    progress(done, total) {
      if (stream.isTTY !== true) return;
      const full = total === 0 ? width : Math.min(width, Math.floor((done / total) * width));
      stream.write(`\r\u001b[2K[${"=".repeat(full)}${" ".repeat(width - full)}] ${done}/${total} rows`);
      drawn = true;
    },
  };
}
