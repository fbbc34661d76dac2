/** An engine without a device: each program takes the time that it is told to, one after another, and reports what was drawn. */
import { createRandom } from "../../core/arrays/random.ts";
import { type Engine, isIterable, type Program } from "../../core/engine/engine.ts";
import { optimise } from "../../core/engine/graph/optimise.ts";
import { trace } from "../../core/engine/graph/trace.ts";
import { readingsIn } from "../../core/engine/xla/readings.ts";
import { lowerModule, type Reading } from "../../core/engine/xla/stablehlo/module.ts";

/** Vectors of readings that a program gives in turn. */
const drawn = 4;

/** A train step takes `stepMs` of the device, other programs a tenth of it. */
export function simulatedEngine(stepMs: number): Engine {
  let freeAt = 0;
  const busy = async (ms: number) => {
    freeAt = Math.max(performance.now(), freeAt) + ms;
    const end = freeAt;
    await new Promise((resolve) => setTimeout(resolve, end - performance.now()));
  };
  return {
    name: "xla",
    device: "none, simulated",
    stepsAhead: 24,
    async compile(step, signature, name): Promise<Program> {
      const { graph, builder } = trace(step, signature, name);
      const { readings, words } = lowerModule(optimise(graph, builder), { precision: "tf32", devices: 1 });
      const outputs = Object.fromEntries(readings.map((reading) => [reading.name, reading.spec]));
      const vectors = Array.from({ length: drawn }, (_, k) => drawReadings(readings, words, k));
      let runs = 0;
      const ms = name.startsWith("train") ? stepMs : stepMs / 10;
      return {
        signature,
        outputs,
        run: async () => {
          const vector = vectors[runs++ % drawn]!;
          await busy(ms);
          return readingsIn(vector, readings);
        },
        dispose: () => {},
      };
    },
    async upload(tensors) {
      const all = isIterable(tensors) ? [...tensors] : Object.entries(tensors);
      const specs = Object.fromEntries(all.map(([name, { shape }]) => [name, { shape, dtype: "float32" as const }]));
      return { engine: "xla", specs };
    },
    download: async (state) =>
      Object.fromEntries(Object.keys(state.specs).map((name) => [name, { shape: [1], data: new Float32Array(1) }])),
    release: () => {},
    dispose: async () => {},
  };
}

/** How a trained network's layers use their units (docs/gpu.md): share of a layer's units that a token fires. */
const usePerToken = [0.07, 0.004, 0.006, 0.011, 0.02, 0.03];

function drawReadings(readings: readonly Reading[], words: number, seed: number): Int32Array {
  const all = new Int32Array(words);
  const floats = new Float32Array(all.buffer);
  const known = new Set<number>();
  for (const { name, spec, offset } of readings) {
    if (known.has(offset)) continue;
    known.add(offset);
    const layer = Number(/\/(\d+)$/.exec(name)?.[1] ?? 0);
    const use = usePerToken[layer % usePerToken.length]!;
    const random = createRandom(seed, name);
    const size = spec.shape.reduce((product, length) => product * length, 1);
    const inWord = name.includes("/perSequence/") ? 4 : 1; // counts are bytes (unit-counts.ts)
    const units = inWord * (spec.shape.at(-1) ?? 1);
    const rates = frequencies(units, use, layer);
    for (let i = 0; i < size; i++) {
      const at = offset + i;
      const rate = rates[i % units]!;
      const inSequence = tokensInSequence * rate;
      if (inWord > 1)
        for (let k = 0; k < inWord; k++) all[at]! |= drawCount(random, rates[(inWord * i + k) % units]!) << (8 * k);
      else if (name.includes("/holding/"))
        for (let bit = 0; bit < 16; bit++) all[at]! |= drawCount(random, rate) > 0 ? 1 << bit : 0;
      else if (name.includes("/perToken/")) all[at] = Math.round(32_768 * use * (0.5 + random.next()));
      else if (name.includes("/perUnit/")) all[at] = Math.round(Math.min(64, 64 * random.next()) * inSequence);
      else if (name.includes("/sequences/")) all[at] = Math.round(64 * Math.min(1, random.next() * inSequence));
      else if (name.includes("/squares/")) all[at] = Math.round(128 * inSequence ** 2);
      else if (spec.dtype === "float32") floats[at] = name.includes("/zm") ? random.normal() - 1 : random.next();
      else all[at] = random.next() < 0.1 ? 1 : 0;
    }
  }
  return all;
}

const tokensInSequence = 128;

/** Firings in a sequence: geometric, so that a unit keeps to few sequences. */
function drawCount(random: { next(): number }, rate: number): number {
  const mean = tokensInSequence * rate;
  const u = random.next();
  return u > mean ? 0 : Math.min(tokensInSequence, Math.floor(1 + (Math.log(mean / Math.max(u, 1e-12)) * mean) / 2));
}

/** Units' frequencies, spread over decades about a mean. */
function frequencies(units: number, mean: number, layer: number): Float64Array {
  const random = createRandom(layer, "frequencies");
  const spread = Float64Array.from({ length: units }, () => Math.exp(2 * random.normal()));
  const total = spread.reduce((sum, one) => sum + one, 0);
  return spread.map((one) => Math.min(0.99, (mean * units * one) / total));
}
