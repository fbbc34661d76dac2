/**
 * What neuron-death leaves on disk and recomputes over 100 000 steps at the size of arXiv 2407.07848: 6 layers of 32768 units,
 * batches of 8192 tokens. Usage: npm run -s bench:long
 */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "../core/arrays/random.ts";
import { openArrays, openArraysWriter } from "../core/record/arrays.ts";
import { rowLine } from "../core/record/lines.ts";
import { createLayer } from "../plugins/analyzers/neuron-death/layer.ts";
import { isKept } from "../plugins/analyzers/thinning.ts";
import { createEventLog } from "../statistics/event-study.ts";

const [steps, layers, units, context, tokensPerStep, windowTokens] = [100_000, 6, 32_768, 128, 8192, 32_768];
const window = windowTokens / context;
const random = createRandom(1, "long");

const layer = createLayer(0, {
  units,
  window,
  skip: 0,
  share: 0.05,
  norm: { kind: "layernorm", epsilon: 1e-5 },
  followed: [],
  reach: 100,
  every: 10,
  tokensPerSequence: context,
});
const at = { step: 1, tokens: tokensPerStep, time: 0, event: () => {} };
const batch = tokensPerStep / context;
const gradients = new Float32Array(units).fill(1);
const reports = Array.from({ length: 4 * 4 }).flatMap((_, k) => {
  const counts = Int32Array.from({ length: batch * units }, () => (random.next() < 0.02 ? 1 : 0));
  return layer.add(counts, batch, gradients, { ...at, step: k + 1 } as never, random).reports;
});
const windows = (steps * tokensPerStep) / windowTokens;
const kept = Array.from({ length: windows }, (_, k) => k + 1).filter(isKept).length;
const ofLayer = Object.entries(layer.arrays(reports.slice(-1), windowTokens));
const arrays = Object.fromEntries(
  ofLayer.flatMap(([name, array]) =>
    Array.from({ length: layers }, (_, l) => [`neuron_death/${name}/layer_${l}`, array] as const),
  ),
);
const dir = mkdtempSync(join(tmpdir(), "reluscope-long-"));
const timed = <T>(what: string, action: () => T): T => {
  const begun = performance.now();
  const result = action();
  console.log(`${what}: ${(performance.now() - begun).toFixed(0)} ms`);
  return result;
};
const sizeOf = () =>
  readdirSync(join(dir, "arrays")).reduce((sum, name) => sum + statSync(join(dir, "arrays", name)).size, 0);
try {
  const writer = openArraysWriter(dir);
  timed(`arrays of ${kept} of ${windows} windows written`, () => {
    for (let k = 1; k <= kept; k++) writer.write(k, arrays);
  });
  console.log(`arrays: ${readdirSync(join(dir, "arrays")).length} files, ${(sizeOf() / 1e9).toFixed(2)} GB`);
  const small = { "token_sparsity/frequency_histogram": { shape: [layers, 61], data: new Float32Array(layers * 61) } };
  const looks = steps / 10;
  timed(`a small array of ${looks} looks written`, () => {
    for (let k = 1; k <= looks; k++) writer.write(k, small);
  });
  writeFileSync(join(dir, "rows.jsonl"), rowLine({ seq: 0, step: steps, tokens: 0, time: 0, metrics: {} }));
  const one = timed("those looks found", () => openArrays(dir, (quantity) => quantity.startsWith("token")));
  timed("100 of them read", () => one.steps.slice(-100).map((step) => one.read(step)));
  const states = timed("states of units found", () => openArrays(dir, (quantity) => quantity.endsWith("/state")));
  timed("all of them read", () => void states.steps.map((step) => states.read(step)));
} finally {
  rmSync(dir, { recursive: true });
}

/** Deaths and spikes that thin out, the study asked at the close of every window. */
const log = createEventLog(10);
const begun = performance.now();
let deaths = 0;
for (let step = 1; step <= steps; step++) {
  if (random.next() < 0.01) log.spike(step);
  if (random.next() < Math.exp(-step / 20_000)) {
    log.event(step, 5);
    deaths += 5;
  }
  if (step % (windowTokens / tokensPerStep) === 0) log.result();
}
console.log(
  `event study: ${deaths} deaths, ${windows} results in ${((performance.now() - begun) / 1000).toFixed(1)} s`,
);
