import { existsSync, statSync } from "node:fs";
import { type Patience, UploadError } from "../http/retry.ts";
import { digestOf } from "../log/artifact.ts";
import { fileBeside } from "../log/layout.ts";
import { front, isBehind, type LineCounts, type Placement } from "../log/placement.ts";
import { markSynced, noProgress, type Progress, readProgress, writeProgress } from "../log/progress.ts";
import { filesOf, uploadArtifact } from "./artifact-upload.ts";
import { type Batch, type Lines, placed } from "./batch.ts";
import { claimOf } from "./claim.ts";
import { Follower } from "./follower.ts";
import { resumeProblem } from "./resume.ts";
import type { RunStatus } from "./run-status.ts";
import { largestFile, type Server, type ServerRun } from "./server.ts";

/** Characters; W&B takes requests up to 10 MiB, and a batch ends with the line that passes this. */
const batchSize = 3 * 1024 * 1024;

const everything: LineCounts = { history: Infinity, events: Infinity, output: Infinity };

/** Takes history lines to the server by another way; resolves once they are there, rejects where that is not sure. */
export type HistoryLane = (lines: Lines, summary: string) => Promise<void>;

/**
 * Brings a server up to a log: every line goes to its absolute place, so that whatever is sent twice changes nothing, and what
 * was acknowledged is kept beside the log, so that another process goes on from there.
 */
export class Replay {
  readonly log: string;
  /** Files and artifacts that the log names and that cannot be sent: gone, changed or too large. */
  readonly omitted: string[] = [];
  readonly #server: Server;
  readonly #follower: Follower;
  #progress: Progress = noProgress("", 0);
  #pending: Batch | undefined;
  #run: ServerRun | undefined;
  #status: RunStatus | undefined;
  #base: Placement = front;
  #continued = false;
  #told = -1;
  #summary = "";

  constructor(log: string, server: Server) {
    this.log = log;
    this.#server = server;
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
      if (this.#status === undefined) await this.#begin(patience);
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

  /** Sends the rest, the files and the end of the run, after which W&B shows it as finished (0) or failed. */
  async finish(exitCode: number, patience: Patience, onProgress?: (rows: number) => void): Promise<void> {
    await this.pass(patience, onProgress);
    this.#checkCurrent();
    if (!this.#continued) await this.#end(exitCode, patience);
    markSynced(this.log);
  }

  async #end(exitCode: number, patience: Patience): Promise<void> {
    const run = await this.#upserted(patience);
    await this.#blankStale(run, patience);
    await this.#uploadFiles(run, patience);
    await this.#uploadArtifacts(run, patience);
    await this.#server.stream(run, { complete: true, exitcode: exitCode }, patience);
    this.#keep({ exitCode });
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
    if (this.#progress.base === undefined) this.#keep({ target: this.#target(found), base: this.#base });
    return found;
  }

  /** Looks at what the server has before anything is sent, and takes up what an earlier process had acknowledged. */
  async #begin(patience: Patience): Promise<void> {
    const { run, writer, generation } = this.#follower;
    if (run === undefined) throw new Error("the log has no run record");
    const status = await this.#server.status(run, patience);
    const { entity = run.entity, project = run.project } = status;
    const known = readProgress(this.log, this.#target({ entity, project, id: run.id }), generation);
    const claim = claimOf(status, writer, known);
    const problem = claim.isNew ? resumeProblem(known.resume, run.id, status.exists) : undefined;
    if (problem !== undefined) throw new UploadError("rejected", problem);
    const lost = claim.isNew || status.lines.history < claim.base.history + known.history;
    const { base: _, ...nothing } = { ...known, history: 0, events: 0, output: 0, files: [], artifacts: [] };
    this.#progress = lost ? nothing : known;
    this.#base = claim.base;
    this.#status = status;
    const inherited = isBehind(claim.base) ? status : { config: new Map(), summary: new Map() };
    this.#follower.place(claim.base, claim.marks, inherited);
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

  #target({ entity, project, id }: { entity: string; project: string; id: string }): string {
    return [this.#server.account.baseUrl, entity, project, id].join("/");
  }

  async #send(run: ServerRun, batch: Batch, patience: Patience, lane: HistoryLane | undefined): Promise<void> {
    this.#checkCurrent();
    const files: Record<string, Lines> = {};
    let { history } = placed(batch, this.#base);
    const { events, output } = placed(batch, this.#base);
    const summary = this.#follower.summaryText;
    if (lane !== undefined && history.content.length > 0) {
      await lane(history, summary);
      history = { offset: history.offset + history.content.length, content: [] };
      this.#keep({ history: history.offset - this.#base.history });
      this.#summary = summary;
    }
    if (history.content.length > 0) files["wandb-history.jsonl"] = history;
    if (events.content.length > 0) files["wandb-events.jsonl"] = events;
    if (output.content.length > 0) files["output.log"] = output;
    if (summary !== this.#summary) files["wandb-summary.json"] = { offset: 0, content: [summary] };
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
    if (existsSync(this.log) && statSync(this.log).ino === this.#follower.generation) return;
    throw new UploadError("rejected", "the run was resumed meanwhile");
  }

  /**
   * A killed process may have sent rows that its resumed run never came to. They are no part of the run any more: in their
   * place go rows that hold a step and no metric.
   */
  async #blankStale(run: ServerRun, patience: Patience): Promise<void> {
    const rows = this.#base.history + this.#follower.lines.history;
    const stale = (this.#status?.lines.history ?? 0) - rows;
    if (stale <= 0) return;
    const content = Array.from({ length: stale }, (_, i) => `{"_step":${this.#follower.lastStep + 1 + i}}`);
    await this.#server.stream(run, { files: { "wandb-history.jsonl": { offset: rows, content } } }, patience);
  }

  async #uploadFiles(run: ServerRun, patience: Patience): Promise<void> {
    for (const name of this.#follower.files) {
      if (this.#progress.files.includes(name)) continue;
      const path = fileBeside(this.log, "files", name);
      if (path === undefined || statSync(path).size > largestFile) {
        this.omitted.push(name);
        continue;
      }
      await this.#server.upload(run, name, path, patience);
      this.#keep({ files: [...this.#progress.files, name] });
    }
  }

  async #uploadArtifacts(run: ServerRun, patience: Patience): Promise<void> {
    for (const artifact of this.#follower.artifacts) {
      const digest = digestOf(artifact.files);
      if (this.#progress.artifacts.includes(digest)) continue;
      const files = await filesOf(this.log, artifact);
      if (files === undefined) {
        this.omitted.push(`${artifact.name}:${artifact.aliases[0]}`);
        continue;
      }
      await uploadArtifact(this.#server, run, artifact, files, patience);
      this.#keep({ artifacts: [...this.#progress.artifacts, digest] });
    }
  }

  #keep(change: Partial<Progress>): void {
    this.#progress = { ...this.#progress, ...change };
    writeProgress(this.log, this.#progress);
  }
}
