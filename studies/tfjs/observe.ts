/** Watching any loop that computes activations with TensorFlow.js: a run like any other, whose steps are looks. */
import type { Tensor } from "@tensorflow/tfjs";
import { deepFreeze } from "../../core/config/deep-freeze.ts";
import { type LoadedConfig, loadConfig } from "../../core/config/load.ts";
import { normalisedChoice, type PluginChoice } from "../../core/config/shorthand.ts";
import type { LayerParameters } from "../../core/contract/model.ts";
import type { MetricInfo, Moment } from "../../core/contract/run.ts";
import { tf } from "../../core/engine/tensorflow.ts";
import { notAscending, watcherClosed } from "../../core/errors/errors.ts";
import { type ActiveAnalyzer, analyzeStep, callHook, setUp } from "../../core/host/analyzers.ts";
import type { PluginTable } from "../../core/host/registry.ts";
import { choosePlugins } from "../../core/host/resolve.ts";
import { conclude, type RunResult } from "../../core/run/conclude.ts";
import { type Enterable, enterRun, type RunEntry } from "../../core/run/entry.ts";
import type { Observer } from "../../core/run/observer.ts";
import { createProgress } from "../../core/run/progress.ts";
import { createVoices } from "../../core/run/voices.ts";
import { builtIns } from "../../plugins/index.ts";
import { asPositions, checkWatched, readingsOf } from "./look.ts";

/** What to watch, with what, and where it goes. What is left out comes from the rc file, found from `cwd` upwards. */
export interface ObserveOptions {
  /**
   * Computes what is looked at: one tensor for each layer, behind its activation function, `[batch units]` or
   * `[batch ... units]`. Called once at the start and at every look; the tensors are disposed afterwards.
   */
  activations(): readonly Tensor[] | Promise<readonly Tensor[]>;
  /** Names of the layers, for messages and run.json; default by number. */
  readonly layers?: readonly string[];
  /** What is watched, for run.json: `model of main.ts`. */
  readonly source?: string;
  /** Analyzers, as in the rc file: names, or a map from names to options. */
  readonly analyzers?: PluginChoice;
  /** Sinks, as in the rc file. */
  readonly sinks?: PluginChoice;
  readonly name?: string;
  /** Folder of the run directories. */
  readonly runs?: string;
  /** Where the rc file is looked for and relative paths start; default the working directory. */
  readonly cwd?: string;
  /** Shapes of all parameters, for run.json. */
  readonly parameters?: Readonly<Record<string, readonly number[]>>;
  /** Is told what a person should know; default: warnings go to stderr. */
  readonly observer?: Observer;
  /** Plugins that names stand for; default those that are built in. */
  readonly plugins?: PluginTable;
}

/** One look: when it is, and numbers of the loop's own that belong into its row. */
export interface Look {
  /** Steps of training done; larger than at the look before. */
  readonly step: number;
  /** Tokens, or examples, that training has seen; default 0. */
  readonly tokens?: number;
  /** `loss` goes on record as `fit/loss`. */
  readonly loss?: number;
}

/** A run that is being written. */
export interface Watcher {
  /** The run directory, absolute. */
  readonly dir: string;
  /** Set once a sink asks the loop to stop. */
  readonly stopAsked: AbortSignal;
  /** Looks now and puts a row on record; resolves to its numbers. Looks must not overlap. */
  look(at: Look): Promise<Readonly<Record<string, number>>>;
  /** Ends the run. `failure`: what the loop failed with; it goes on record and is not thrown. */
  close(failure?: unknown): Promise<RunResult | undefined>;
}

const fitMetrics: readonly MetricInfo[] = [
  { key: "fit/loss", description: "The training loop's own loss at the step, in its own unit.", headline: true },
  { key: "look/ms", description: "Wall-clock time of the look, ms; not reproducible." },
];

/**
 * Begins a run of looks at whatever `activations` computes, on the TensorFlow.js backend that is in use. Probes are checked on
 * one first look that leaves no row. Throws ExperimentError before anything is written.
 */
export async function observe(options: ObserveOptions): Promise<Watcher> {
  const { plugins = builtIns, observer = stderrObserver, source = "a TensorFlow.js model", parameters = {} } = options;
  const loaded = await configOf(options);
  const chosen = await choosePlugins(loaded, plugins);
  const { layers, names } = await looked(options);
  const [batch, pos] = layers[0]!.shape as [number, number];
  const widths = layers.map(({ shape }) => shape[2]!);
  const shape = { n_layers: layers.length, d_model: 0, n_heads: 0, d_mlp: Math.max(...widths), n_ctx: pos, d_vocab: 0 };
  const open: Enterable = {
    loaded,
    config: loaded.config,
    chosen,
    dataset: { source: { layers: names, shapes: layers.map((x) => x.shape) } },
    engine: { name: tf.getBackend(), device: `TensorFlow.js, backend ${tf.getBackend()}` },
    plan: { model: { shape, parameters, layer: () => noParameters } },
  };
  const observed = { architecture: "tfjs", source, looks: 0 };
  const observing = { observed, steps: 0, sequences: batch, tokensPerStep: 0, metrics: fitMetrics };
  let entry: RunEntry | undefined;
  let analyzers: ActiveAnalyzer[];
  try {
    entry = enterRun({ request: { loaded, plugins }, open, fromStep: 0, observing });
    const { run } = entry;
    analyzers = chosen.analyzer.map(({ plugin, options }) => setUp(plugin, options, 1, run));
    checkWatched(analyzers);
    await readingsOf(analyzers, layers);
  } catch (thrown) {
    entry?.abandon();
    throw thrown;
  } finally {
    tf.dispose(layers);
  }
  return watcherOf({ options, open, entry, analyzers, observer, plugins });
}

interface Parts {
  readonly options: ObserveOptions;
  readonly open: Enterable;
  readonly entry: RunEntry;
  readonly analyzers: readonly ActiveAnalyzer[];
  readonly observer: Observer;
  readonly plugins: PluginTable;
}

async function watcherOf({ options, open, entry, analyzers, observer, plugins }: Parts): Promise<Watcher> {
  const { run } = entry;
  const clock = Date.now;
  const progress = createProgress(0, undefined);
  const request = { loaded: open.loaded, plugins };
  const voices = createVoices({ request, chosen: open.chosen, run, progress, observer, clock });
  const { sinks, notices, stopAsked } = voices;
  entry.begin();
  for (const sink of sinks) await sink.open(run);
  for (const note of notesOf(analyzers)) notices.warn(note);
  await callHook(analyzers, "onRunStart", 0, run);
  let seq = 0;
  let tokens = 0;
  let closed = false;

  return {
    dir: run.dir,
    stopAsked,
    look: async (at) => {
      if (closed) throw watcherClosed(run.id);
      if (seq > 0 && at.step <= progress.step) throw notAscending(at.step, progress.step);
      const begun = performance.now();
      const { layers } = await looked(options);
      const readings = await readingsOf(analyzers, layers).finally(() => tf.dispose(layers));
      tokens = at.tokens ?? 0;
      const moment: Moment = { step: at.step, tokens, time: clock() };
      const also = { lr: Number.NaN, applied: true, shrink: 1 };
      const recorded = await analyzeStep(analyzers, readings, { ...moment, ...also }, run.model.n_layers);
      const own = { ...(at.loss !== undefined && { "fit/loss": at.loss }), "look/ms": performance.now() - begun };
      const row = { seq: seq++, ...moment, metrics: { ...own, ...recorded.metrics }, arrays: recorded.arrays };
      Object.assign(progress.latest, row.metrics);
      for (const sink of sinks) await sink.write(row);
      for (const event of recorded.events) for (const sink of sinks) await sink.event(event);
      progress.step = at.step;
      return row.metrics;
    },
    close: async (failure) => {
      if (closed) return undefined;
      closed = true;
      const ending = { entry, run, analyzers, progress, clock, ...voices };
      const cause = { failure, stopping: stopAsked, observer, tokens, finished: !stopAsked.aborted };
      return conclude(ending, { ...cause, dispose: async () => {} }).catch((thrown: unknown) => {
        if (thrown === failure) return undefined;
        throw thrown;
      });
    },
  };
}

/** Nothing is known of what leads into a layer's units. */
const noParameters: LayerParameters = { W_in: "", W_out: "", norm: { kind: "layernorm", epsilon: 0, gain: "" } };

/** One look's activations, `[batch pos units]` each. */
async function looked({ activations, layers: given }: ObserveOptions) {
  const tensors = await activations();
  const names = tensors.map((_, i) => given?.[i] ?? `layer ${i}`);
  try {
    return { layers: asPositions(tensors, names), names };
  } finally {
    tf.dispose([...tensors]);
  }
}

async function configOf({ cwd = process.cwd(), analyzers, sinks, name, runs }: ObserveOptions): Promise<LoadedConfig> {
  const loaded = await loadConfig({ cwd, env: process.env });
  const own = {
    ...(analyzers !== undefined && { analyzers: normalisedChoice(analyzers) as LoadedConfig["config"]["analyzers"] }),
    ...(sinks !== undefined && { sinks: normalisedChoice(sinks) as LoadedConfig["config"]["sinks"] }),
    ...(name !== undefined && { name }),
    ...(runs !== undefined && { runs }),
  };
  const sources = Object.fromEntries(Object.keys(own).map((key) => [key, "call of observe"]));
  return { ...loaded, config: deepFreeze({ ...loaded.config, ...own }), sources: { ...loaded.sources, ...sources } };
}

/** What analyzers cannot tell here, a line each. */
function notesOf(analyzers: readonly ActiveAnalyzer[]): string[] {
  return analyzers.flatMap(({ plugin: { name, gradients = [] }, instance }) => [
    ...(gradients.length > 0
      ? [`${name}: gradients are not watched, so ${gradients.slice(0, 4).join(", ")} and others like them are absent.`]
      : []),
    ...(instance.frozen
      ? [`${name}: it looks a second time at held-out text, which is not watched here: those metrics are absent.`]
      : []),
  ]);
}

const stderrObserver: Observer = { warning: (message) => void process.stderr.write(`warning: ${message}\n`) };
