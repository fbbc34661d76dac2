/** A command that is killed while it works. */
import type { ChildProcess } from "node:child_process";
import { existsSync, type FSWatcher, readFileSync, watch } from "node:fs";
import { join } from "node:path";

/** Kills a process once its run has `more` rows more than it had when it said what run it is. */
export function killAfterRows(child: ChildProcess, folder: string, more: number): void {
  let said = "";
  let watcher: FSWatcher | undefined;
  child.stderr?.on("data", (text: string) => {
    said += text;
    const id = /^run (\S+):/m.exec(said)?.[1];
    if (id === undefined || watcher !== undefined) return;
    const dir = join(folder, "runs", id);
    const enough = rowsIn(dir) + more;
    const look = () => rowsIn(dir) >= enough && child.kill("SIGKILL");
    watcher = watch(dir, look);
    look();
  });
  child.on("exit", () => watcher?.close());
}

function rowsIn(dir: string): number {
  const ledger = join(dir, "rows.jsonl");
  return existsSync(ledger) ? readFileSync(ledger, "utf8").split("\n").length - 1 : 0;
}
