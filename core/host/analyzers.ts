/** Calls analyzers: in config order, one after another, each failure attributed once, time kept for each. */

import type { Arrays } from "../arrays/ndarray.ts";
import type { Analyzer, AnalyzerInstance, Lifecycle, Probe, Readings, StepMoment } from "../contract/analyzer.ts";
import type { Awaitable, Outcome, Run } from "../contract/run.ts";
import type { RunEvent, Sink, SinkHost, SinkInstance } from "../contract/sink.ts";
import type { Site } from "../contract/sites.ts";
import { ExperimentError, invalidPlugin, pluginFailed, reasonOf, wrongValue } from "../errors/errors.ts";
import { checkArray, type Recorded, recordValues, sectionOf } from "./metrics.ts";

/** An analyzer that has been set up for a run. */
export interface ActiveAnalyzer {
  readonly plugin: Analyzer;
  readonly every: number;
  readonly instance: AnalyzerInstance<Site, Probe>;
  /** Host time spent in it so far, ms. */
  hostMs: number;
}

/** Whether an analyzer looks at a step: the first, the last, and every `every`-th. */
export function looksAt(analyzer: { readonly every: number }, step: number, steps: number): boolean {
  return step === 1 || step === steps || step % analyzer.every === 0;
}

/** Calls one hook of every analyzer that has it. Throws `plugin.failed` naming plugin, hook and step. */
export async function callHook<K extends keyof Lifecycle>(
  analyzers: readonly ActiveAnalyzer[],
  hook: K,
  step: number,
  argument: Parameters<NonNullable<Lifecycle[K]>>[0],
): Promise<void> {
  for (const analyzer of analyzers) {
    const call = analyzer.instance[hook] as ((argument: unknown) => Awaitable<void>) | undefined;
    if (call) await attributed(analyzer, hook, step, () => call(argument));
  }
}

type AllReadings = ReadonlyMap<string, Readings<Probe>>;

/**
 * Runs `analyze` of those that looked at this step, each followed by that of its frozen probe; returns what they logged and
 * the events they put on record.
 */
export async function analyzeStep(
  analyzers: readonly ActiveAnalyzer[],
  readings: AllReadings,
  at: StepMoment,
  n_layers: number,
  frozenReadings: AllReadings = new Map(),
): Promise<Recorded & { readonly events: readonly RunEvent[] }> {
  const recorded: Recorded & { events: RunEvent[] } = { metrics: {}, arrays: {}, events: [] };
  for (const analyzer of analyzers) {
    const { plugin, instance } = analyzer;
    const source = sectionOf(plugin.name);
    const moment = {
      ...at,
      event: (kind: string, data: Readonly<Record<string, unknown>>) => {
        const { step, tokens, time } = at;
        recorded.events.push({ step, tokens, time, source, kind, data });
      },
    };
    const look = async (
      hook: string,
      mine: Readings<Probe> | undefined,
      by: Pick<typeof instance, "analyze"> | undefined,
    ) => {
      if (mine === undefined || by === undefined) return;
      await attributed(analyzer, hook, at.step, async () => {
        recordValues(plugin, await by.analyze(mine, moment), n_layers, recorded);
      });
    };
    await look("analyze", readings.get(plugin.name), instance);
    await look("frozen.analyze", frozenReadings.get(plugin.name), instance.frozen);
  }
  return recorded;
}

/** State of every analyzer that keeps any, by plugin name. */
export function saveAnalyzers(analyzers: readonly ActiveAnalyzer[], step: number): Record<string, Arrays> {
  const saved: Record<string, Arrays> = {};
  for (const { plugin, instance } of analyzers) {
    try {
      const state: unknown = instance.save?.();
      if (state === undefined) continue;
      if (state instanceof Promise) throw wrongValue("its result", "an object of arrays", "a promise");
      for (const [key, array] of Object.entries(state as Arrays)) checkArray(key, array);
      saved[plugin.name] = state as Arrays;
    } catch (thrown) {
      throw pluginFailed(plugin.name, "save", step, thrown);
    }
  }
  return saved;
}

export function loadAnalyzers(
  analyzers: readonly ActiveAnalyzer[],
  saved: Readonly<Record<string, Arrays>>,
  step: number,
): void {
  for (const { plugin, instance } of analyzers) {
    const state = saved[plugin.name];
    if (state === undefined) continue;
    try {
      instance.load?.(state);
    } catch (thrown) {
      throw pluginFailed(plugin.name, "load", step, thrown);
    }
  }
}

/** `onRunEnd` for all, also after a failure: one that throws does not keep the others from being told. Returns those that threw. */
export async function endRun(
  analyzers: readonly ActiveAnalyzer[],
  outcome: Outcome,
): Promise<readonly { readonly plugin: string; readonly message: string }[]> {
  const failures: { plugin: string; message: string }[] = [];
  for (const analyzer of analyzers) {
    await callHook([analyzer], "onRunEnd", outcome.step, outcome).catch((thrown: unknown) => {
      failures.push({ plugin: analyzer.plugin.name, message: reasonOf(thrown) });
    });
  }
  return failures;
}

/** Sets analyzers up in config order. */
export function setUp(plugin: Analyzer, options: unknown, every: number, run: Run): ActiveAnalyzer {
  const instance = settingUp(plugin.name, ["probe", "analyze"], () => plugin.setup(options as never, run));
  return { plugin, every, instance, hostMs: 0 };
}

/** Sets a sink up. */
export function setUpSink(plugin: Sink, options: unknown, host: SinkHost): SinkInstance {
  return settingUp(plugin.name, ["open", "write", "close"], () => plugin.setup(options as never, host));
}

/** Calls a `setup`; what it returns must have the hooks that are not optional. */
function settingUp<T>(name: string, hooks: readonly (keyof T & string)[], setup: () => T): T {
  let instance: T;
  try {
    instance = setup();
  } catch (thrown) {
    if (thrown instanceof ExperimentError) throw thrown;
    throw pluginFailed(name, "setup", 0, thrown);
  }
  const missing = hooks.find((hook) => typeof (instance as Partial<T> | undefined)?.[hook] !== "function");
  if (missing !== undefined) throw invalidPlugin(name, `expected \`setup\` to return \`${missing}\`, got none.`);
  return instance;
}

async function attributed(
  analyzer: ActiveAnalyzer,
  hook: string,
  step: number,
  call: () => Awaitable<void>,
): Promise<void> {
  const begun = performance.now();
  try {
    await call();
  } catch (thrown) {
    throw pluginFailed(analyzer.plugin.name, hook, step, thrown);
  } finally {
    analyzer.hostMs += performance.now() - begun;
  }
}
