/** What a sink must keep to beyond its types. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Awaitable, Outcome } from "../core/contract/run.ts";
import type { Row, Sink } from "../core/contract/sink.ts";
import { brokenContract, reasonOf } from "../core/errors/errors.ts";
import { setUpSink } from "../core/host/analyzers.ts";
import { acceptedOptions } from "./options.ts";
import { tinyRun } from "./world.ts";

/**
 * Takes a sink through a short run and through one that fails before its first row, with options as an rc file would give
 * them, in a folder that is removed afterwards. Throws when a hook fails or changes what it was handed. Its host draws nothing.
 */
export async function checkSink(plugin: Sink, options: unknown = {}): Promise<void> {
  const accepted = acceptedOptions(plugin, options);
  const rows = [1, 2, 3].map(rowOf);
  await inFolder(async (dir) => {
    const hooks = opened(plugin, accepted);
    const { run } = tinyRun(1, dir);
    await hooks("open", (sink) => sink.open(run));
    await hooks("write", (sink) => sink.write(rows.slice(0, 1)));
    await hooks("event", (sink) => sink.event?.([{ ...at(1), source: "run", kind: "note", data: { why: "check" } }]));
    await hooks("output", (sink) => sink.output?.({ stream: "stdout", time: 1, text: "a line" }));
    await hooks("write", (sink) => sink.write(rows.slice(1)));
    await hooks("close", (sink) => sink.close({ state: "finished", ...at(3) }));
  });
  await inFolder(async (dir) => {
    const hooks = opened(plugin, accepted);
    const failed: Outcome = { state: "failed", ...at(0), reason: "check" };
    await hooks("open", (sink) => sink.open(tinyRun(1, dir).run));
    await hooks("close without a row", (sink) => sink.close(failed));
  });
  if (JSON.stringify(rows) !== JSON.stringify([1, 2, 3].map(rowOf))) {
    throw brokenContract(plugin.name, "`write` changed the rows, which other sinks get too");
  }
}

type Instance = ReturnType<typeof setUpSink>;

/** Calls hooks of one instance, each failure with the hook's name. */
function opened(plugin: Sink, options: unknown) {
  const instance = setUpSink(plugin, options, { info() {}, warn() {}, progress() {}, stop() {} });
  return async (hook: string, call: (sink: Instance) => Awaitable<void>): Promise<void> => {
    try {
      await call(instance);
    } catch (thrown) {
      throw brokenContract(plugin.name, `${hook} failed: ${reasonOf(thrown)}`, thrown);
    }
  };
}

function at(step: number) {
  return { step, tokens: 32 * step, time: 1000 + step };
}

/** With everything that a row may hold. */
function rowOf(step: number): Row {
  const metrics = {
    "train/loss": 5 - step,
    "a/b/layer_0": Number.NaN,
    "a/b/layer_1": Number.NEGATIVE_INFINITY,
  };
  const arrays = { "a/hist": { shape: [2, 2], data: Float32Array.of(0, 1, Number.NaN, 3) } };
  return { seq: step - 1, ...at(step), metrics, arrays: step === 2 ? arrays : {} };
}

async function inFolder(action: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "reluscope-check-"));
  try {
    await action(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
