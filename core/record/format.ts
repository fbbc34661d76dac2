/** The on-disk schema of a run directory. The page for people is docs/run-format.md; keep the two together. */
import { z } from "zod";
import type { Outcome } from "../contract/run.ts";
import type { Row } from "../contract/sink.ts";

/** Version of the layout below; a reader refuses a newer one. */
export const formatVersion = 2;

/** File names inside `runs/<id>/`. */
export const files = {
  run: "run.json",
  rows: "rows.jsonl",
  events: "events.jsonl",
  charts: "charts.json",
  /** What token ids stand for, where array metrics hold any. */
  vocabulary: "vocabulary.json",
  /** What the process took of the machine, and what it printed; both bounded in size. */
  system: "system.jsonl",
  console: "console.jsonl",
  lock: "lock.json",
  /** What people say of a run; training never writes it. */
  labels: "labels.json",
  arrays: "arrays",
  checkpoints: "checkpoints",
} as const;

const outcome = z.object({
  state: z.enum(["finished", "failed", "interrupted"]),
  step: z.number(),
  tokens: z.number(),
  time: z.number(),
  reason: z.string().exactOptional(),
});

/** Something that was not as it had been on record when a run went on. */
const change = z.object({ what: z.string(), was: z.unknown(), is: z.unknown() });

/** One process's part of a run: the first start or a resume. */
const attempt = z.object({
  /** ms since 1970. */
  startedAt: z.number(),
  /** The step whose checkpoint it went on from; 0 for a fresh start. */
  fromStep: z.number(),
  /** Absent while it runs, and for ever if it was killed. */
  outcome: outcome.exactOptional(),
  /** The command line, program first, without secrets; this and the next four since 0.2.0. */
  command: z.array(z.string()).exactOptional(),
  cwd: z.string().exactOptional(),
  host: z.string().exactOptional(),
  /** Options given to Node itself, by command line or NODE_OPTIONS. */
  nodeFlags: z.array(z.string()).exactOptional(),
  /** The repository around the config: its commit, and whether tracked files differed from it. */
  git: z.object({ commit: z.string(), dirty: z.boolean() }).optional(),
  /** What differed from the attempts before: data, engine, versions. Since 0.2.0. */
  changed: z.array(change).exactOptional(),
});

/** A key of the config that a resume changed. */
const configChange = z.object({
  step: z.number(),
  time: z.number(),
  keyPath: z.string(),
  from: z.unknown(),
  to: z.unknown(),
});

/** A plugin of a run: what the config calls it, and where it came from. */
const pluginRecord = z.object({
  kind: z.string(),
  /** As the config names it. */
  key: z.string(),
  name: z.string(),
  from: z.enum(["reluscope", "package", "file"]),
  /** Of reluscope, or of the package. */
  version: z.string().exactOptional(),
  /** The file that was loaded, relative to `baseDir`, and its hash. */
  file: z.string().exactOptional(),
  sha256: z.string().exactOptional(),
});

const count = z.number();
const named = z.record(z.string(), z.unknown());

/** run.json: what is in it, and what a reader checks. Keys that a later version of the same format adds are kept. */
export const runFile = z.object({
  format: z.int(),
  id: z.string(),
  name: z.string(),
  createdAt: z.number(),
  /** The resolved config without secrets, every option of every plugin in it (since 0.2.0). */
  config: named,
  /**
   * Key path to where its value came from: `default` for every value that is the default, `flag --set`, `EXPERIMENT_TRAIN__LR`, or a
   * file. Plugins of the default config that were left out have an entry, too.
   */
  sources: z.record(z.string(), z.string()),
  /** The config file, relative to `baseDir`; absent when there was none. Since 0.2.0. */
  configFile: z.string().exactOptional(),
  /** Folder that relative paths in the config start from, absolute. */
  baseDir: z.string(),
  versions: z.record(z.string(), z.string()),
  /** `processor`: of an engine whose numbers depend on the kind of CPU; since 0.2.0. */
  engine: z.object({ name: z.string(), device: z.string(), processor: z.string().exactOptional() }),
  seed: z.number(),
  corpus: named,
  model: z.object({
    n_layers: count,
    d_model: count,
    n_heads: count,
    d_mlp: count,
    n_ctx: count,
    d_vocab: count,
    n_params: count,
  }),
  batchSize: count,
  tokensPerStep: count,
  steps: count,
  warmupSteps: count,
  metrics: z.array(
    z.object({
      key: z.string(),
      description: z.string(),
      headline: z.boolean().exactOptional(),
      /** Of one whose elements are token ids: keys of those that say something of each. Since 0.2.0. */
      tokens: z.array(z.string()).exactOptional(),
    }),
  ),
  attempts: z.array(attempt),
  /** Keys that a resume changed, and at which step; `config` has the newest values. Since 0.2.0. */
  changes: z.array(configChange).exactOptional(),
  /** Since 0.2.0. */
  plugins: z.array(pluginRecord).exactOptional(),
  /** What it looked at, when it trained nothing. Since 0.2.0. */
  observed: z
    .object({
      architecture: z.string(),
      source: z.string(),
      looks: count,
      soft: z.string().exactOptional(),
      thresholds: z.array(z.number()).exactOptional(),
    })
    .exactOptional(),
  /** The sweep that it is part of. */
  sweep: z.object({ name: z.string(), settings: named, group: z.string() }).exactOptional(),
  /** Proof of who made the run, over all in it that names code, addresses or folders; see `sealedRun`. */
  seal: z.string().exactOptional(),
  /** The run and step that this one went on from, when it is a fork. */
  fork: z.object({ run: z.string(), step: z.number(), arm: z.string().exactOptional() }).exactOptional(),
});

/** One process's part of a run: the first start or a resume. */
export type Attempt = DeepReadonly<z.infer<typeof attempt>>;
/** Something that was not as it had been on record when a run went on. */
export type Change = DeepReadonly<z.infer<typeof change>>;
/** A plugin of a run. */
export type PluginRecord = DeepReadonly<z.infer<typeof pluginRecord>>;
/** run.json. */
export type RunFile = DeepReadonly<z.infer<typeof runFile>>;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/**
 * What state a run is in, told from run.json and the lock: `running` (its process lives), `killed` (no outcome, the
 * process is gone), `lost` (no outcome and no way to tell: the lock names another machine), or the last outcome's state.
 */
export type RunState = Outcome["state"] | "running" | "killed" | "lost";

/** A row as rows.jsonl holds it: `Row` without its arrays, which are in `arrays/`. */
export type StoredRow = Omit<Row, "arrays">;
