/** What an analyzer must keep to beyond its types. */

import { type Arrays, sizeOf } from "../core/arrays/ndarray.ts";
import { decodeSafetensors, encodeSafetensors } from "../core/arrays/safetensors.ts";
import type { Analyzer, Probe, Readings } from "../core/contract/analyzer.ts";
import type { Engine } from "../core/engine/engine.ts";
import { brokenContract } from "../core/errors/errors.ts";
import { type ActiveAnalyzer, setUp } from "../core/host/analyzers.ts";
import { checkCharts } from "./charts.ts";
import { acceptedOptions } from "./options.ts";
import { course, engineFor, type Looked, steps, tinyRun } from "./world.ts";

/**
 * Checks an analyzer on a tiny model, with options as an rc file would give them (without `every`). Throws what is wrong:
 * - its name, options and metrics are not as the contract asks, or it reports something that it did not declare;
 * - `probe` is not pure, changes what is trained, or gives other numbers on the compiled engine than on the plain one, or in
 *   micro-batches than of the whole batch;
 * - it keeps state between steps without `save`, or `save` and `load` lose something that later metrics depend on;
 * - a chart names a metric or a mark that does not exist, or cannot be drawn.
 */
export async function checkAnalyzer(plugin: Analyzer, options: unknown = {}): Promise<void> {
  const accepted = acceptedOptions(plugin, options);
  const cpu = await engineFor("cpu");
  if (cpu === undefined) throw brokenContract(plugin.name, "the cpu engine is not there");
  const fresh = (seed = 1) => setUp(plugin, accepted, 1, tinyRun(seed).run);

  const watched = await course(cpu, 1, [fresh()]);
  same(
    plugin,
    "two courses from one seed (is `probe` pure?)",
    watched.looked,
    (await course(cpu, 1, [fresh()])).looked,
  );
  const unwatched = await course(cpu, 1, []);
  const losses = (looked: readonly Looked[]) => looked.map(({ outputs }) => outputs.loss);
  same(plugin, "losses with and without it", losses(watched.looked), losses(unwatched.looked));
  same(plugin, "weights with and without it", watched.state, unwatched.state);
  checkEvents(plugin, watched.looked);

  const compiled = await engineFor("onnx");
  for (const seed of compiled === undefined ? [] : [1, 2, 3]) {
    const [a, b] = [await firstStep(cpu, seed, fresh), await firstStep(compiled!, seed, fresh)];
    checkAlike(plugin, a, b, "engines", ["cpu", "onnx"]);
  }
  if (fresh().instance.combine !== undefined) {
    const parts = await firstStep(cpu, 1, fresh, 2);
    checkAlike(plugin, watched.looked[0]!, parts, "one batch and two micro-batches", ["one", "two"]);
  }
  await checkSaved(plugin, fresh, cpu, watched.looked);
  await checkCharts(plugin);
}

/** The first step only: from there on the weights drift apart by rounding. */
async function firstStep(
  engine: Engine,
  seed: number,
  fresh: (seed: number) => ActiveAnalyzer,
  accumulate = 1,
): Promise<Looked> {
  return (await course(engine, seed, [fresh(seed)], { until: 1, accumulate })).looked[0]!;
}

/** Readings of two courses, equal to rounding. */
function checkAlike(plugin: Analyzer, a: Looked, b: Looked, what: string, on: readonly [string, string]): void {
  for (const [hook, x, y] of [
    ["probe", a.outputs.readings.get(plugin.name), b.outputs.readings.get(plugin.name)],
    ["frozen.probe", a.frozen.get(plugin.name), b.frozen.get(plugin.name)],
  ] as const) {
    const [p, q] = [flat(x), flat(y)];
    for (const name of new Set([...Object.keys(p), ...Object.keys(q)])) {
      const where = `${hook}: ${name}`;
      const only = p[name] ? on[0] : on[1];
      if (!p[name] || !q[name]) throw brokenContract(plugin.name, `${where} differs between ${what}: only on ${only}`);
      if (`${p[name].shape}` !== `${q[name].shape}`)
        throw brokenContract(plugin.name, `${where} differs in shape between ${what}`);
      const at = [...p[name].data].findIndex((value, i) => !close(value, q[name]!.data[i]!));
      if (at < 0) continue;
      const numbers = `${p[name].data[at]} on ${on[0]}, ${q[name].data[at]} on ${on[1]}`;
      throw brokenContract(plugin.name, `${where}[${at}] differs between ${what}: ${numbers}`);
    }
  }
}

/** Sums in another order differ by rounding; anything beyond is another computation. */
function close(a: number, b: number): boolean {
  return Object.is(a, b) || Math.abs(a - b) <= 1e-4 + 1e-3 * Math.abs(a);
}

async function checkSaved(
  plugin: Analyzer,
  fresh: () => ActiveAnalyzer,
  engine: Engine,
  whole: readonly Looked[],
): Promise<void> {
  let active = fresh();
  const saves = active.instance.save !== undefined;
  const replaced: ActiveAnalyzer = {
    ...active,
    get instance() {
      return active.instance;
    },
  };
  const each = async ({ step }: Looked) => {
    if (step !== steps / 2) return;
    const saved = active.instance.save?.() ?? {};
    for (const [key, { shape, data }] of Object.entries(saved))
      if (sizeOf(shape) !== data.length) throw brokenContract(plugin.name, `save: ${key} is not as long as its shape`);
    active = fresh();
    if (saves) active.instance.load?.(decodeSafetensors(encodeSafetensors(saved), `${plugin.name}: save`).arrays);
  };
  const { looked } = await course(engine, 1, [replaced], { each });
  const reported = (from: readonly Looked[]) =>
    from.map(({ metrics, arrays, events }) => ({ metrics, arrays, events }));
  const between = saves ? "with a save and load in between" : "by a fresh instance (state without `save`?)";
  same(plugin, `what it reports ${between}`, reported(whole), reported(looked));
}

function checkEvents(plugin: Analyzer, looked: readonly Looked[]): void {
  for (const { kind, data } of looked.flatMap(({ events }) => events)) {
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(kind)) throw brokenContract(plugin.name, `event ${kind}: not kebab-case`);
    same(plugin, `data of event ${kind} as plain JSON`, data, JSON.parse(JSON.stringify(data)));
  }
}

function flat(readings: Readings<Probe> | undefined): Arrays {
  const entries = Object.entries(readings ?? {}).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((one, layer) => [`${name}/${layer}`, one]) : [[name, value]],
  );
  return Object.fromEntries(entries);
}

/** Equal bit by bit; says where the first difference is. */
function same(plugin: Analyzer, what: string, a: unknown, b: unknown): void {
  const at = difference(a, b, "");
  if (at !== undefined) throw brokenContract(plugin.name, `${what}: not the same at ${at || "the top"}`);
}

function difference(a: unknown, b: unknown, path: string): string | undefined {
  if (Object.is(a, b)) return undefined;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return path;
  const [x, y] = [entriesOf(a), entriesOf(b)];
  if (x.size !== y.size) return path;
  for (const [key, value] of x) {
    const deeper = difference(value, y.get(key), `${path}/${String(key)}`);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

function entriesOf(value: object): ReadonlyMap<unknown, unknown> {
  return value instanceof Map ? value : new Map(Object.entries(value));
}
