/**
 * What neuron-death leaves on disk and recomputes over 100 000 steps at the size of arXiv 2407.07848: 6 layers of 32768 units,
 * batches of 8192 tokens. Usage: npm run -s bench:long
 */
import { createRandom } from "../core/arrays/random.ts";
import { encodeSafetensors } from "../core/arrays/safetensors.ts";
import { createLayer } from "../plugins/analyzers/neuron-death/layer.ts";
import { isKept } from "../plugins/analyzers/neuron-death/thinning.ts";
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
  return layer.add(counts, batch, gradients, { ...at, step: k + 1 } as never, random);
});
const bytes = layers * encodeSafetensors(layer.arrays(reports.slice(-1), windowTokens)).length;
const windows = (steps * tokensPerStep) / windowTokens;
const kept = Array.from({ length: windows }, (_, k) => k + 1).filter(isKept).length;
console.log(
  `arrays: ${kept} of ${windows} windows, ${(bytes / 1e6).toFixed(2)} MB each, ${((kept * bytes) / 1e9).toFixed(2)} GB`,
);

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
