/** A model with its checkpoints and its text, open to be looked at. */
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { loadCheckpoint } from "../../core/checkpoint/checkpoint.ts";
import { deepFreeze } from "../../core/config/deep-freeze.ts";
import type { LoadedConfig } from "../../core/config/load.ts";
import type { Config } from "../../core/config/schema.ts";
import type { Model } from "../../core/contract/model.ts";
import type { OptimizerInstance } from "../../core/contract/optimizer.ts";
import { bytesPerToken } from "../../core/data/bytes-per-token.ts";
import { createSampler } from "../../core/data/sampler.ts";
import { hasTokenizer, loadHubTokenizer } from "../../core/data/tokenizers/hub.ts";
import type { Batch, EvalWindows } from "../../core/data/windows.ts";
import { contextTooLong, mixedSubjects, noNextText, nothingToObserve } from "../../core/errors/errors.ts";
import type { PluginTable } from "../../core/host/registry.ts";
import { choosePlugins, only } from "../../core/host/resolve.ts";
import { readRun } from "../../core/record/runs.ts";
import { type OpenRun, openRun } from "../../core/run/open.ts";
import { recordedConfig } from "../../core/run/recorded-config.ts";
import { isOwnRun } from "../../core/run/trust.ts";
import type { StepPlan } from "../../core/step/step.ts";
import { type Found, findCheckpoints } from "./find.ts";
import { type Architecture, architectureOf, hubSubject } from "./hub.ts";
import type { OpenSubject, Subject } from "./subject.ts";
import { bytesPerToken as hubBytes, tokenizedCorpus, withLeading } from "./text.ts";

/** What is being looked at, and with what. */
export interface Observation {
  /** Its plan has no optimizer; its held-out windows are what losses are computed on. */
  readonly open: OpenRun;
  readonly subjects: readonly Subject[];
  readonly architecture: string;
  /** The activation where it is never exactly zero. */
  readonly soft: string | undefined;
  readonly bytesPerToken: number | undefined;
  readonly tokensPerStep: number;
  /** The sequences that analyzers look at. */
  batch(subject: OpenSubject): Batch;
}

/** Positions of a look where the config does not say. */
const defaultContext = 128;

/** Nothing is updated, so nothing is kept for updating. */
const noOptimizer: OptimizerInstance = { init: () => ({}), scalars: () => ({}), update: () => ({}) };

/** Opens what `observe` in a config names. Throws before anything is written. */
export async function openObservation(
  loaded: LoadedConfig,
  plugins: PluginTable,
  phase: (text: string) => void = () => {},
): Promise<Observation> {
  const { observe } = loaded.config;
  const found = findCheckpoints(observe, loaded.baseDir);
  const [first] = found;
  if (first === undefined) throw nothingToObserve();
  const other = found.find(({ kind }) => kind !== first.kind);
  if (other !== undefined) throw mixedSubjects(first.path, other.path);
  return first.kind === "own" ? openOwn(found, loaded, plugins, phase) : openHub(found, loaded, plugins, phase);
}

/** Checkpoints of a run of ours, on its own data; analyzers, sinks and engine are those of the present config. */
async function openOwn(
  found: readonly Found[],
  loaded: LoadedConfig,
  plugins: PluginTable,
  phase: (text: string) => void,
): Promise<Observation> {
  const { run } = readRun(dirname(dirname(found[0]!.path)));
  // A run is data: what its config names is loaded only where this user's own word, or seal, is on it.
  const plain = { ...run, config: { ...run.config, analyzers: {}, sinks: {} } };
  const word = { present: loaded, ...(isOwnRun(run) && { trust: true }) };
  const { config: own, baseDir } = recordedConfig(plain, plugins, word);
  const { seed, model, data, train, eval: evaluation } = own;
  const config = deepFreeze({ ...loaded.config, seed, model, data, train, eval: evaluation });
  const sources = {
    ...run.sources,
    ...kept(loaded.sources, ["observe", "analyzers", "sinks", "engine", "runs", "name"]),
  };
  const merged = { ...loaded, config, sources, baseDir };
  const moved = { ...merged, config: deepFreeze({ ...config, runs: resolve(loaded.baseDir, config.runs) }) };
  const chosen = await choosePlugins(moved, plugins);
  const open = await openRun({ loaded: moved, chosen, phase });
  const subjects = found.map(({ path, step }): Subject => {
    return {
      path,
      step,
      open: () => {
        const { state, cursor } = loadCheckpoint(path);
        const names = Object.keys(open.plan.model.parameters);
        const parameters = () => names.map((name) => [name, state[name]!] as const);
        return { parameters, cursor, notes: [], dtype: "float32", close: () => {} };
      },
    };
  });
  return observationOf(open, subjects, {
    leading: [],
    architecture: only(chosen.model).plugin.name,
    soft: model.activation === "gelu" ? "gelu" : undefined,
    bytesPerToken: bytesPerToken(open.held.targets, open.dataset.tokenizer),
    tokensPerStep: run.tokensPerStep,
  });
}

/** Entries of these keys and below. */
function kept(sources: LoadedConfig["sources"], keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(sources).filter(([path]) => keys.includes(path.split(/[.[]/, 1)[0]!)));
}

/** Folders of published models, on the config's corpus. */
async function openHub(
  found: readonly Found[],
  loaded: LoadedConfig,
  plugins: PluginTable,
  phase: (text: string) => void,
): Promise<Observation> {
  const { observe, model } = loaded.config;
  if (observe.text === "next") throw noNextText();
  const named = await choosePlugins({ ...loaded, config: { ...loaded.config, analyzers: {}, sinks: {} } }, plugins);
  const candidates = named.model.map(({ plugin }): Model => plugin);
  const last = found.at(-1)!;
  const architecture = await architectureOf(last.path, plugins, candidates);
  const sizes = architecture.published.sizes(architecture.options);
  const asked = loaded.sources["model.n_ctx"] === "default" ? undefined : model.n_ctx;
  if (asked !== undefined && asked > sizes.n_ctx) throw contextTooLong(asked, sizes.n_ctx);
  const n_ctx = asked ?? Math.min(defaultContext, sizes.n_ctx);

  const complete = withModel(loaded, architecture, { ...sizes, n_ctx }, last.path);
  const chosen = await choosePlugins(complete, plugins);
  const corpus = only(chosen.corpus);
  const folders = observe.tokenizer === "" ? [last.path, dirname(last.path)] : [observe.tokenizer];
  const folder =
    folders.map((one) => resolve(loaded.baseDir, one)).find(hasTokenizer) ?? resolve(loaded.baseDir, folders[0]!);
  const needed = corpus.plugin.name !== "tokens";
  const tokenizer = needed ? await loadHubTokenizer(folder) : undefined;
  const text = tokenizer && tokenizedCorpus(corpus.plugin, tokenizer, sizes.d_vocab);
  const open = await openRun({
    loaded: complete,
    chosen: text ? { ...chosen, corpus: [{ ...corpus, plugin: text }] } : chosen,
    phase,
  });
  const subjects = found.map((one) =>
    hubSubject({ ...one, ...tokensOf(one, observe.tokens_per_step) }, architecture, open.plan.model),
  );
  return observationOf(open, subjects, {
    leading: tokenizer?.leading ?? [],
    architecture: architecture.plugin.name,
    soft: architecture.published.soft(architecture.options),
    bytesPerToken: tokenizer && hubBytes(open.held.targets, tokenizer),
    tokensPerStep: observe.tokens_per_step,
  });
}

function tokensOf({ step, tokens }: Found, tokensPerStep: number): { readonly tokens?: number } {
  if (tokens !== undefined) return { tokens };
  return tokensPerStep > 0 ? { tokens: step * tokensPerStep } : {};
}

/** The config with the model that the folder holds. */
function withModel(
  loaded: LoadedConfig,
  { plugin, options }: Architecture,
  {
    n_layers,
    d_model,
    n_heads,
    d_mlp,
    n_ctx,
  }: Config["model"] | { n_layers: number; d_model: number; n_heads: number; d_mlp: number; n_ctx: number },
  path: string,
): LoadedConfig {
  const source = `${shownPath(path, loaded.baseDir)}/config.json`;
  const sizes = { n_layers, d_model, n_heads, d_mlp, n_ctx };
  const name = Object.keys(loaded.config.model.architecture).find((key) => key === plugin.name) ?? plugin.name;
  const config = deepFreeze({
    ...loaded.config,
    model: { ...loaded.config.model, ...sizes, architecture: { [name]: options as Record<string, unknown> } },
  });
  const from = Object.keys(sizes).map((key) => [`model.${key}`, source] as const);
  return { ...loaded, config, sources: { ...loaded.sources, ...Object.fromEntries(from) } };
}

function shownPath(path: string, baseDir: string): string {
  const from = relative(baseDir, path);
  return from === "" || from.startsWith("..") || isAbsolute(from) ? path : from;
}

interface About {
  readonly leading: readonly number[];
  readonly architecture: string;
  readonly soft: string | undefined;
  readonly bytesPerToken: number | undefined;
  readonly tokensPerStep: number;
}

function observationOf(open: OpenRun, subjects: readonly Subject[], about: About): Observation {
  const { config, dataset } = open;
  const { sequences, text } = config.observe;
  const sampler = createSampler(dataset.train, {
    n_ctx: config.model.n_ctx,
    seed: config.seed,
    order: config.data.order,
  });
  const start = sampler.cursor();
  const { sameAs: _, ...made } = open.plan; // its steps are others now
  const plan: StepPlan = {
    ...made,
    optimizer: noOptimizer,
    train: { ...open.plan.train, batch_size: sequences, accumulate: 1 },
  };
  const held: EvalWindows = { ...open.held, ...withLeading(open.held, about.leading) };
  const { leading, ...rest } = about;
  return {
    ...rest,
    open: { ...open, plan, held },
    subjects,
    batch: ({ cursor }) => {
      sampler.restore(text === "next" && cursor !== undefined ? cursor : start);
      return withLeading(sampler.next(sequences), leading);
    },
  };
}
