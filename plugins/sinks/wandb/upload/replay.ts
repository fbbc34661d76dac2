import { existsSync, statSync } from "node:fs";
import { type Patience, UploadError } from "../http/retry.ts";
import { front, isBehind, type LineCounts, type Placement } from "../log/placement.ts";
import { markSynced, noProgress, type Progress, spanning, targetOf, writeProgress } from "../log/progress.ts";
import { sendAttachments } from "./attachments.ts";
import { type Batch, filesOf, type HistoryLane, type Lines, placed } from "./batch.ts";
import { blankRows } from "./blank-rows.ts";
import { takenUp } from "./claim.ts";
import { Follower } from "./follower.ts";
import { resumedMeanwhile } from "./resume.ts";
import type { Server, ServerRun } from "./server.ts";
import { uncountedOf } from "./uncounted.ts";
import { Versions } from "./versions.ts";

/** Characters; W&B takes requests up to 10 MiB, and a batch ends with the line that passes this. */
const batchSize = 3 * 1024 * 1024;

/** How often a server that has lost rows which it took is sent all of them again. */
const resends = 5;
/** Wait before rows that are not there are asked for again, ms; each further one twice as long: a server may count late. */
const countedAfter = 2_000;

const everything: LineCounts = { history: Infinity, events: Infinity, output: Infinity };

/**
 * Brings a server up to a log: every line goes to its absolute place, so that whatever is sent twice changes nothing, and what
 * was acknowledged is kept beside the log, so that another process goes on from there.
 */
export class Replay {
  readonly log: string;
  /** Files and artifacts that the log names and that cannot be sent: gone, changed or too large. */
  omitted: readonly string[] = [];
  /** Lines beside rows that the server does not count, though it took them. */
  uncounted: readonly string[] = [];
  /** What the server has of rows that it was sent in two versions. */
  readonly versions: Versions;
  readonly #server: Server;
  readonly #check: () => void;
  #follower: Follower;
  #progress: Progress = noProgress("", 0);
  #pending: Batch | undefined;
  #run: ServerRun | undefined;
  #begun = false;
  #base: Placement = front;
  #continued = false;
  #told = -1;
  #summary = "";
  /** Tells the follower where its lines go. */
  #place: () => void = () => {};
  #resent = 0;
  /** Whether the server showed the run as running when it was asked last. */
  #open = false;
  /** The line of history up to which rows without metrics were sent. */
  #blanked = 0;

  /** `check` throws once the run is another process's. */
  constructor(log: string, server: Server, check: () => void = () => {}) {
    this.log = log;
    this.#server = server;
    this.versions = new Versions(server);
    this.#check = check;
    this.#follower = new Follower(log);
  }

  /** The run on the server, once it was reached. */
  get run(): ServerRun | undefined {
    return this.#run;
  }
  get progress(): Progress {
    return this.#progress;
  }
  /** The config as the server is sent it. */
  get config(): string {
    return this.#follower.configText;
  }
  /** The exit code in the log, where the process wrote one. */
  get exitCode(): number | undefined {
    return this.#follower.exit?.code;
  }
  /** Why the log cannot be read to its end; what stands before is sent all the same. */
  get damage(): string | undefined {
    return this.#follower.damage;
  }
  /** Whether the log names a run at all; true only after a pass. */
  get hasRun(): boolean {
    return this.#follower.run !== undefined;
  }

  /** Sends what the log has now. `onProgress` is told of the rows that are there. */
  async pass(patience: Patience, onProgress: (rows: number) => void = () => {}, lane?: HistoryLane): Promise<void> {
    for (;;) {
      if (!this.#follower.meet()) return;
      if (!this.#begun) await this.#begin(patience);
      if (this.#continued) return;
      this.#pending ??= this.#follower.read(this.#progress, batchSize);
      const run = await this.#upserted(patience);
      const batch = this.#pending;
      await this.#send(run, batch, patience, lane);
      this.#pending = undefined;
      onProgress(this.#progress.history);
      if (!batch.more) return;
    }
  }

  /**
   * Sends the rest, the files and the end of the run, after which W&B shows it as finished (0) or failed. Throws where the server has
   * not kept every row, however often it took them.
   */
  async finish(exitCode: number, patience: Patience, onProgress?: (rows: number) => void): Promise<void> {
    await this.pass(patience, onProgress);
    this.#checkCurrent();
    if (!this.#continued) await this.#end(exitCode, patience, onProgress);
    this.#checkCurrent();
    const { position, lines } = this.#follower;
    const server = this.#server.account.baseUrl;
    markSynced(this.log, { server, rows: lines.history, bytes: position, exitCode });
  }

  async #end(exitCode: number, patience: Patience, onProgress?: (rows: number) => void): Promise<void> {
    await this.#makeWhole(patience, onProgress);
    const run = await this.#upserted(patience);
    const { files, artifacts } = this.#follower;
    const asked = { log: this.log, files, artifacts, done: this.#progress };
    this.omitted = await sendAttachments(this.#server, run, asked, patience, (done) => this.#keep(done));
    for (let told = 1; ; told++) {
      this.#checkCurrent();
      await this.#server.stream(run, { complete: true, exitcode: exitCode }, patience);
      // A server may lose rows up to its last answer, and that one too.
      const again = await this.#makeWhole(patience, onProgress);
      if (!again && !this.#open) return;
      const problem = `the server shows the run as running, though it was told of its end ${told} times`;
      if (told > resends) throw new UploadError("unreachable", problem);
      if (!again) await this.#server.pause(countedAfter * 2 ** (told - 1), problem, patience);
    }
  }

  /** Sends everything again until the server counts all of it. Returns whether anything was missing. */
  async #makeWhole(patience: Patience, onProgress?: (rows: number) => void): Promise<boolean> {
    for (let again = false; ; again = true) {
      const shortage = await this.#shortage(patience);
      if (shortage === undefined) return again;
      if (this.#resent === resends)
        throw new UploadError("unreachable", `${shortage}, which it has taken ${resends + 1} times`);
      await this.#resend(patience, onProgress);
    }
  }

  /** What the server lacks by its own count, one line; asked again after a while, for it may count late. */
  async #shortage(patience: Patience): Promise<string | undefined> {
    for (let asked = 0; ; asked++) {
      const run = await this.#upserted(patience);
      const older = await this.#older(run, patience);
      const { lines, open } = await this.#server.status(run, patience);
      this.#open = open;
      const own = this.#follower.lines;
      const counted = lines.history - this.#base.history;
      const wanted = Math.max(own.history, this.#progress.reached);
      const blanked = await this.#blankStale(run, Math.max(wanted, counted), patience);
      this.uncounted = uncountedOf(lines, this.#base, own);
      const counts = !blanked && counted >= wanted && (this.uncounted.length === 0 || this.#resent > 0);
      if (counts && older === undefined) return undefined;
      const shortage = (counts && older) || `the server counts ${Math.max(0, counted)} of ${wanted} rows`;
      if (asked === 2) return shortage;
      if (!blanked) await this.#server.pause(countedAfter * 2 ** (asked + this.#resent), shortage, patience);
    }
  }

  /** What the server has of an older version of the run, one line. */
  async #older(run: ServerRun, patience: Patience): Promise<string | undefined> {
    const { rewritten, ...rest } = this.#progress;
    if (rewritten === undefined) return undefined;
    const asked = { log: this.log, lines: rewritten, shift: this.#base.step, resent: this.#resent > 0 };
    const problem = await this.versions.problem(run, asked, patience);
    if (problem !== undefined || this.versions.unread > 0) return problem;
    this.#progress = rest;
    this.#keep({});
    return undefined;
  }

  /** Sends the log from its first line on. */
  async #resend(patience: Patience, onProgress?: (rows: number) => void): Promise<void> {
    const { generation } = this.#follower;
    this.#follower.close();
    this.#follower = new Follower(this.log);
    if (!this.#follower.meet() || this.#follower.generation !== generation) throw resumedMeanwhile();
    this.#place();
    this.#resent += 1;
    this.#told = -1;
    this.#summary = "";
    this.#blanked = 0;
    this.#keep({ history: 0, events: 0, output: 0 });
    await this.pass(patience, onProgress);
  }

  /** Tells the server that the run lives; it takes one that is silent for 5 minutes for crashed. */
  async heartbeat(patience: Patience): Promise<void> {
    if (this.#run !== undefined) await this.#server.stream(this.#run, {}, patience);
  }

  close(): void {
    this.#follower.close();
  }

  async #upserted(patience: Patience): Promise<ServerRun> {
    const { run, configChanges } = this.#follower;
    if (run === undefined) throw new Error("the log has no run record");
    if (this.#run !== undefined && this.#told === configChanges) return this.#run;
    // A run that was there before keeps its name, and its entity and project are those of the first answer.
    const named = isBehind(this.#base) ? { ...run, name: "" } : run;
    const { entity, project } = this.#run ?? run;
    const found = await this.#server.upsertRun({ ...named, entity, project }, this.#follower.configText, patience);
    this.#told = configChanges;
    this.#run = found;
    if (this.#progress.base === undefined)
      this.#keep({ target: targetOf(this.#server.account, found), base: this.#base });
    return found;
  }

  /** Looks at what the server has before anything is sent, and takes up what an earlier process had acknowledged. */
  async #begin(patience: Patience): Promise<void> {
    const { run, writer, generation } = this.#follower;
    if (run === undefined) throw new Error("the log has no run record");
    const status = await this.#server.status(run, patience);
    const { claim, progress } = takenUp(this.log, this.#server.account, status, { run, writer, generation });
    this.#progress = progress;
    this.#base = claim.base;
    this.#begun = true;
    const inherited = isBehind(claim.base) ? status : { config: new Map(), summary: new Map() };
    this.#place = () => this.#follower.place(claim.base, claim.marks, inherited);
    this.#place();
    if (claim.end !== undefined) this.#checkContinued(claim.end);
  }

  /** Another log went on with the run, so that this one has nothing to say of it any more; rows that it kept back have no place. */
  #checkContinued(end: number): void {
    this.#follower.read(everything, Number.POSITIVE_INFINITY);
    const { history } = this.#follower.lines;
    if (this.#base.history + history > end) {
      throw new UploadError("rejected", `another log goes on with the run from row ${end} on`);
    }
    this.#continued = true;
    this.#progress = { ...this.#progress, history };
  }

  async #send(run: ServerRun, batch: Batch, patience: Patience, lane: HistoryLane | undefined): Promise<void> {
    this.#checkCurrent();
    let { history } = placed(batch, this.#base);
    const { events, output } = placed(batch, this.#base);
    const summary = this.#follower.summaryText;
    const reached = batch.history.offset + batch.history.content.length;
    if (reached > this.#progress.reached) this.#keep({ reached });
    if (lane !== undefined && history.content.length > 0) {
      await lane(history, summary);
      history = { offset: history.offset + history.content.length, content: [] };
      this.#keep({ history: history.offset - this.#base.history });
      this.#summary = summary;
    }
    const files = filesOf({ history, events, output }, summary === this.#summary ? undefined : summary);
    if (Object.keys(files).length === 0) return;
    await this.#server.stream(run, { files }, patience);
    this.#summary = summary;
    const done = this.#progress;
    const next = ({ offset, content }: Lines, before: number) => Math.max(before, offset + content.length);
    this.#keep({
      history: next(batch.history, done.history),
      events: next(batch.events, done.events),
      output: next(batch.output, done.output),
    });
  }

  /** A resumed run may have superseded rows meanwhile; the old ones must not take the places of the new. */
  #checkCurrent(): void {
    this.#check();
    if (existsSync(this.log) && statSync(this.log).ino === this.#follower.generation) return;
    throw resumedMeanwhile();
  }

  /**
   * A killed process may have sent rows that its resumed run never came to. They are no part of the run any more: in their
   * place, up to line `end`, go rows that hold a step and no metric. Returns whether any had to be sent.
   */
  async #blankStale(run: ServerRun, end: number, patience: Patience): Promise<boolean> {
    const { lastStep, lines } = this.#follower;
    const rows = lines.history;
    const first = Math.max(rows, this.#blanked);
    if (end <= first) return false;
    this.#keep({ reached: end, ...spanning(this.#progress.rewritten, { from: rows, to: end }) });
    for (const history of blankRows(first, end, lastStep + 1 + first - rows, this.#base.history)) {
      await this.#server.stream(run, { files: { "wandb-history.jsonl": history } }, patience);
      this.#blanked = history.offset - this.#base.history + history.content.length;
    }
    return true;
  }

  #keep(change: Partial<Progress>): void {
    this.#progress = { ...this.#progress, ...change };
    writeProgress(this.log, this.#progress);
  }
}
