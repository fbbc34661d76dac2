/** A run that is open for training, made in the order in which mistakes should be found: plugins, data, engine, probes, files. */
import { basename } from "node:path";
import { createRandom } from "../arrays/random.ts";
import { type Checkpoint, loadCheckpoint } from "../checkpoint/checkpoint.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { DeclaredChart } from "../contract/chart.ts";
import type { Run } from "../contract/run.ts";
import type { DrawnChart, Output, RunEvent, SinkHost } from "../contract/sink.ts";
import { bytesPerToken } from "../data/bytes-per-token.ts";
import { type Dataset, loadDataset } from "../data/dataset.ts";
import { createSampler, type Sampler } from "../data/sampler.ts";
import { evalWindows } from "../data/windows.ts";
import { createEngine } from "../engine/choose.ts";
import { dumpProgram } from "../engine/dump.ts";
import type { Engine, State } from "../engine/engine.ts";
import { quietTensorflow } from "../engine/quiet.ts";
import { type ActiveAnalyzer, loadAnalyzers, setUp, setUpSink } from "../host/analyzers.ts";
import type { PluginTable } from "../host/registry.ts";
import { type ChosenPlugins, choosePlugins } from "../host/resolve.ts";
import { createSinkQueue, type SinkQueue } from "../host/sink-queue.ts";
import { initialState } from "../step/step.ts";
import { type RecordedRun, recordRun } from "./entry.ts";
import type { Observer } from "./observer.ts";
import { createPrograms, type Programs } from "./programs.ts";

/** What to train. */
export interface SessionRequest {
  readonly loaded: LoadedConfig;
  readonly plugins: PluginTable;
  /** Go on with this run instead of beginning a new one, from this checkpoint or else from its first step; absolute paths. */
  readonly resume?: { readonly dir: string; readonly checkpoint: string | undefined };
  /** Where to write the first step's graph, see `dumpProgram`. */
  readonly dumpGraph?: string | undefined;
  /** Begin a new run with the state, the analyzers' states and the place in the data of another run's checkpoint. */
  readonly fork?: { readonly of: NonNullable<Run["fork"]>; readonly checkpoint: string };
  /** Draws charts of a run directory for sinks that want pictures; see `SinkHost.drawCharts`. */
  readonly drawCharts?: (dir: string, charts: readonly DeclaredChart[]) => Promise<readonly DrawnChart[]>;
  /** Warnings from before the session. */
  readonly notes?: readonly string[];
  /** Wall clock, ms since 1970. */
  readonly clock?: () => number;
}

export interface Session {
  readonly config: Config;
  readonly run: Run;
  readonly recorded: RecordedRun;
  readonly engine: Engine;
  readonly state: State;
  readonly programs: Programs;
  readonly sampler: Sampler;
  readonly analyzers: readonly ActiveAnalyzer[];
  readonly sinks: readonly SinkQueue[];
  /** Aborted, with the reason, when a sink asks the run to stop. */
  readonly stopAsked: AbortSignal;
  /** UTF-8 bytes that a target token of the evaluated windows stands for, mean; undefined where tokens stand for none. */
  readonly heldBytesPerToken: number | undefined;
  readonly clock: () => number;
  readonly warn: (message: string) => void;
  /** The last step that is on record; 0 before the first. */
  step: number;
  /** The last finite training loss. */
  lastLoss: number;
  /** Name of the newest checkpoint, when there is one. */
  lastCheckpoint: string | undefined;
  /** The last value of every metric. */
  readonly lastValues: Record<string, number>;
}

/** Makes everything ready up to, and without, the first step. What has been opened is closed again when a later part fails. */
export async function openSession(request: SessionRequest, observer: Observer): Promise<Session> {
  const { config, baseDir } = request.loaded;
  quietTensorflow();
  const chosen = await choosePlugins(request.loaded, request.plugins);
  const saved = savedState(request);

  observer.phase?.(`reading corpus ${chosen.corpus.plugin.name}`);
  const dataset = await loadDataset({
    corpus: chosen.corpus.plugin,
    options: chosen.corpus.options,
    baseDir,
    tokenizer: config.data.tokenizer,
    eval_fraction: config.data.eval_fraction,
    n_ctx: config.model.n_ctx,
    seed: config.seed,
  });

  observer.phase?.("starting the engine");
  const engine = await createEngine(config.engine);
  let recorded: RecordedRun | undefined;
  try {
    recorded = recordRun({ request, chosen, dataset, engine, fromStep: saved?.step ?? 0 });
    const session = await assembled(request, chosen, dataset, engine, recorded, saved, observer);
    recorded.begin();
    return session;
  } catch (thrown) {
    recorded?.abandon();
    await engine.dispose();
    throw thrown;
  }
}

/** The checkpoint that the session goes on from: its own run's, which must have the same config, or that of the forked run. */
function savedState({ resume, fork, loaded }: SessionRequest): Checkpoint | undefined {
  if (resume?.checkpoint) return loadCheckpoint(resume.checkpoint, loaded.config);
  return fork && loadCheckpoint(fork.checkpoint);
}

async function assembled(
  request: SessionRequest,
  chosen: ChosenPlugins,
  dataset: Dataset,
  engine: Engine,
  recorded: RecordedRun,
  saved: Checkpoint | undefined,
  observer: Observer,
): Promise<Session> {
  const { config } = request.loaded;
  const { run } = recorded;
  const { clock = Date.now } = request;
  const analyzers = chosen.analyzers.map(({ plugin, options, every }) => setUp(plugin, options, every, run));
  const sampler = createSampler(dataset.train, {
    n_ctx: config.model.n_ctx,
    seed: config.seed,
    order: config.data.order,
  });
  const held = evalWindows(dataset, config.model.n_ctx, config.eval.windows);

  observer.phase?.("preparing the train step");
  const programs = await createPrograms(engine, config, dataset.d_vocab, analyzers, held, dataset.tokenizer);
  if (request.dumpGraph !== undefined) {
    const written = await dumpProgram(programs.first, request.dumpGraph);
    observer.info?.(`wrote ${written.join(" and ")}`);
  }
  if (saved) {
    sampler.restore(saved.cursor);
    loadAnalyzers(analyzers, saved.analyzers, saved.step);
  }
  const plan = { model: config.model, train: config.train, d_vocab: dataset.d_vocab };
  const state = await engine.upload(saved?.state ?? initialState(plan, createRandom(config.seed, "weights")));

  let session: Session | undefined;
  const sinks: SinkQueue[] = [];
  const warn = (message: string) => {
    observer.warning?.(message);
    const step = session?.step ?? saved?.step ?? 0;
    const at = { step, tokens: step * run.tokensPerStep, time: clock() };
    const event: RunEvent = { ...at, source: "run", kind: "warning", data: { message } };
    for (const sink of sinks) void sink.event(event);
    print("stderr", `warning: ${message}`);
  };
  const print = (stream: Output["stream"], text: string) => {
    for (const sink of sinks) sink.output({ stream, time: clock(), text });
  };
  const info = (message: string) => {
    observer.info?.(message);
    print("stdout", message);
  };
  const asked = new AbortController();
  const stop = (reason: string) => {
    if (asked.signal.aborted || (session !== undefined && session.step >= run.steps)) return;
    const why = String(reason).replace(/\s+/g, " ").slice(0, 200);
    asked.abort(why);
    warn(`${why}: finishing the step and saving a checkpoint.`);
  };
  const { drawCharts } = request;
  const host: SinkHost = {
    info,
    warn,
    stop,
    progress: (done, total) => observer.progress?.(done, total),
    ...(drawCharts && { drawCharts: (charts) => drawCharts(run.dir, charts) }),
  };
  for (const { plugin, options } of chosen.sinks) {
    sinks.push(createSinkQueue(plugin.name, setUpSink(plugin, options, host), warn));
  }
  session = {
    config,
    run,
    recorded,
    engine,
    state,
    programs,
    sampler,
    analyzers,
    sinks,
    stopAsked: asked.signal,
    heldBytesPerToken: bytesPerToken(held.targets, dataset.tokenizer),
    clock,
    warn,
    step: saved?.step ?? 0,
    lastLoss: Number.NaN,
    lastCheckpoint: request.resume?.checkpoint && basename(request.resume.checkpoint),
    lastValues: {},
  };
  return session;
}
