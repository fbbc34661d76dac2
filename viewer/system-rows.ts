/** A run's system metrics, from a file of their own beside its rows: read whole, as it stays small. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { lastLines } from "../core/record/bounded-log.ts";
import { files } from "../core/record/format.ts";
import { parseRow } from "../core/record/lines.ts";
import { Store } from "./series/store.ts";

/** Bytes that are read at most, from the end: more than a writer lets it grow to. */
const most = 4 << 20;

export class SystemRows {
  store = new Store();
  private stamp = "-";
  private readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  /** Reads the file again where it has changed. */
  refresh(): void {
    const path = join(this.dir, files.system);
    const stat = statSync(path, { throwIfNoEntry: false });
    const stamp = stat ? `${stat.mtimeMs}:${stat.size}:${stat.ino}` : "-";
    if (stamp === this.stamp) return;
    this.stamp = stamp;
    this.store = new Store();
    for (const line of lastLines(path, most)) {
      const row = parseRow(line);
      if (!row) continue;
      if (row.seq <= this.store.lastSeq) this.store.truncate(row.seq);
      this.store.append(row, 0);
    }
  }
}
