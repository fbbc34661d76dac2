/** The on-disk schema of a run directory. The page for people is docs/run-format.md; keep the two together. */
import type { MetricInfo, Observed, Outcome, SweepPlace } from "../contract/run.ts";
import type { ModelShape } from "../contract/shape.ts";
import type { Row } from "../contract/sink.ts";

/** Version of the layout below; a reader refuses a newer one. */
export const formatVersion = 1;

/** File names inside `runs/<id>/`. */
export const files = {
  run: "run.json",
  rows: "rows.jsonl",
  events: "events.jsonl",
  charts: "charts.json",
  lock: "lock.json",
  /** What people say of a run; training never writes it. */
  labels: "labels.json",
  arrays: "arrays",
  checkpoints: "checkpoints",
} as const;

/** One process's part of a run: the first start or a resume. */
export interface Attempt {
  /** ms since 1970. */
  readonly startedAt: number;
  /** The step whose checkpoint it went on from; 0 for a fresh start. */
  readonly fromStep: number;
  /** Absent while it runs, and for ever if it was killed. */
  readonly outcome?: Outcome;
  /** The command line, program first, without secrets; this and the next four since 0.2.0. */
  readonly command?: readonly string[];
  readonly cwd?: string;
  readonly host?: string;
  /** Options given to Node itself, by command line or NODE_OPTIONS. */
  readonly nodeFlags?: readonly string[];
  /** The repository around the config: its commit, and whether tracked files differed from it. */
  readonly git?: { readonly commit: string; readonly dirty: boolean } | undefined;
}

/** A plugin of a run: what the config calls it, and where it came from. */
export interface PluginRecord {
  readonly kind: string;
  /** As the config names it. */
  readonly key: string;
  readonly name: string;
  readonly from: "reluscope" | "package" | "file";
  /** Of reluscope, or of the package. */
  readonly version?: string;
  /** The file that was loaded, relative to `baseDir`, and its hash. */
  readonly file?: string;
  readonly sha256?: string;
}

/** run.json. */
export interface RunFile {
  readonly format: number;
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  /** The resolved config without secrets, every option of every plugin in it (since 0.2.0). */
  readonly config: Readonly<Record<string, unknown>>;
  /** Key path to where its value came from: `default`, `flag --set`, `EXPERIMENT_TRAIN__LR`, or a file. */
  readonly sources: Readonly<Record<string, string>>;
  /** Folder that relative paths in the config start from, absolute. */
  readonly baseDir: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly engine: { readonly name: string; readonly device: string };
  readonly seed: number;
  readonly corpus: Readonly<Record<string, unknown>>;
  readonly model: ModelShape & { readonly n_params: number };
  readonly batchSize: number;
  readonly tokensPerStep: number;
  readonly steps: number;
  readonly warmupSteps: number;
  readonly metrics: readonly MetricInfo[];
  readonly attempts: readonly Attempt[];
  /** Since 0.2.0. */
  readonly plugins?: readonly PluginRecord[];
  /** What it looked at, when it trained nothing. Since 0.2.0. */
  readonly observed?: Observed;
  /** The sweep that it is part of. */
  readonly sweep?: SweepPlace;
  /** Proof of who made the run, over all in it that names code, addresses or folders; see `sealedRun`. */
  readonly seal?: string;
  /** The run and step that this one went on from, when it is a fork. */
  readonly fork?: { readonly run: string; readonly step: number; readonly arm?: string };
}

/**
 * What state a run is in, told from run.json and the lock: `running` (its process lives), `killed` (no outcome, the
 * process is gone), `lost` (no outcome and no way to tell: the lock names another machine), or the last outcome's state.
 */
export type RunState = Outcome["state"] | "running" | "killed" | "lost";

/** A row as rows.jsonl holds it: `Row` without its arrays, which are in `arrays/`. */
export type StoredRow = Omit<Row, "arrays">;
