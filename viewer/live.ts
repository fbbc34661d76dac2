/** Server-sent events: tells pages what has changed in the runs that they show. Looks at files only while someone listens. */
import { statSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { files } from "../core/record/format.ts";
import type { Library } from "./library.ts";

/** How often the files of shown runs are looked at, and the list of runs; ms. */
const runEvery = 500;
const listEvery = 2000;

interface Listener {
  readonly response: ServerResponse;
  readonly ids: readonly string[];
  /** Also wants to know of new runs and states. */
  readonly list: boolean;
}

export class Live {
  private readonly listeners = new Set<Listener>();
  private readonly stamps = new Map<string, string>();
  private listed = "";
  private timer: NodeJS.Timeout | undefined;
  private looked = 0;
  private readonly root: string;
  private readonly library: Library;

  constructor(root: string, library: Library) {
    this.root = root;
    this.library = library;
  }

  /** Keeps the answer open and writes to it until the page goes away. */
  add(response: ServerResponse, ids: readonly string[], list: boolean): void {
    const listener = { response, ids, list };
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("retry: 1000\n\n");
    this.listeners.add(listener);
    for (const id of ids) this.stamps.delete(id);
    response.on("close", () => this.listeners.delete(listener));
    this.timer ??= setTimeout(() => void this.look(), 0);
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const { response } of this.listeners) response.end();
    this.listeners.clear();
  }

  private async look(): Promise<void> {
    const ids = new Set([...this.listeners].flatMap((listener) => listener.ids));
    for (const id of ids) await this.lookAt(id).catch(() => {});
    if (Date.now() - this.looked >= listEvery && [...this.listeners].some(({ list }) => list)) await this.lookAtList();
    this.timer = this.listeners.size > 0 ? setTimeout(() => void this.look(), runEvery) : undefined;
  }

  private async lookAt(id: string): Promise<void> {
    const names = [files.run, files.rows, files.events, files.charts, files.arrays, files.system, files.console];
    const dir = join(this.root, id);
    const stamp = names.map((name) => statSync(join(dir, name), { throwIfNoEntry: false })?.mtimeMs ?? 0).join(" ");
    const change = await this.library.change(id);
    if (!change) return;
    const whole = `${stamp} ${change.state} ${change.rows} ${change.read.toFixed(2)}`;
    if (whole === this.stamps.get(id)) return;
    this.stamps.set(id, whole);
    this.send("run", change, (listener) => listener.ids.includes(id));
  }

  private async lookAtList(): Promise<void> {
    this.looked = Date.now();
    const { runs } = await this.library.list();
    const listed = runs.map(({ id, state, step, loss }) => `${id} ${state} ${step} ${loss}`).join("\n");
    if (listed !== this.listed) this.send("list", runs.length, (listener) => listener.list);
    this.listed = listed;
  }

  private send(event: string, data: unknown, to: (listener: Listener) => boolean): void {
    const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const listener of this.listeners) if (to(listener)) listener.response.write(text);
  }
}
