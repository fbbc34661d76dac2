import * as tf from "@tensorflow/tfjs";
import { expect } from "chai";
import { createRandom, type Random } from "../../../core/arrays/random.ts";
import { openBackend } from "../../../core/engine/backend.ts";
import { normalised, normEpsilon } from "../../../core/model/operations.ts";
import { isotropicRate, thresholdCosine } from "../../../plugins/analyzers/neuron-death/certificate.ts";
import { dominantPart, driftBetween, driftParts } from "../../../plugins/analyzers/neuron-death/drift.ts";
import { matchedSurvivors } from "../../../plugins/analyzers/neuron-death/matching.ts";
import type { LayerSnapshot, Norm } from "../../../plugins/analyzers/neuron-death/snapshot.ts";

const [n, d, units] = [16, 6, 5];

function snapshot(random: Random): LayerSnapshot {
  const normal = (length: number, scale: number, shift = 0) =>
    Float32Array.from({ length }, () => shift + scale * random.normal());
  return {
    x: normal(n * d, 2, 0.5),
    weights: normal(d * units, 0.7),
    bias: normal(units, 0.3),
    gain: normal(d, 0.3, 1),
    shift: normal(d, 0.2),
  };
}

/** Pre-activations as the model computes them, `[n][units]`. */
function preActivations({ x, weights, bias, gain, shift }: LayerSnapshot, kind: Norm["kind"]): number[][] {
  return tf.tidy(() => {
    const u = normalised(kind, tf.tensor2d(x, [n, d]), tf.tensor1d(gain), tf.tensor1d(shift));
    return tf
      .add(tf.matMul(u as tf.Tensor2D, tf.tensor2d(weights, [d, units])), tf.tensor1d(bias))
      .arraySync() as number[][];
  });
}

const layernorm = { kind: "layernorm", epsilon: normEpsilon } as const;
const asked = (of: readonly number[]) => of.map((unit) => ({ unit }));
const sum = (parts: ArrayLike<number>) => Array.from(parts).reduce((total, part) => total + part, 0);

describe("drift", () => {
  before(() => openBackend("cpu"));

  it("takes the epsilon of the model's own norm", () => {
    // One token, one unit: n = x / sqrt(mean(x^2) + 1), and x grows from (1, 0) to (3, 0).
    const one = (x: number): LayerSnapshot => ({
      x: Float32Array.of(x, 0),
      weights: Float32Array.of(2, 0),
      bias: Float32Array.of(0),
      gain: Float32Array.of(1, 1),
      shift: Float32Array.of(0, 0),
    });
    const { change, all } = driftBetween(one(1), one(3), { kind: "rmsnorm", epsilon: 1 }, 1);
    const expected = 2 * (3 / Math.sqrt(4.5 + 1) - 1 / Math.sqrt(0.5 + 1));
    expect(change[0]).to.be.closeTo(expected, 1e-12);
    expect(sum(all)).to.be.closeTo(expected, 1e-12);
  });

  for (const norm of ["layernorm", "rmsnorm"] as const) {
    it(`adds up to the change of the model's pre-activations, over all tokens and over a unit's own (${norm})`, () => {
      const random = createRandom(51, norm);
      const [from, to] = [snapshot(random), snapshot(random)];
      const [z0, z1] = [preActivations(from, norm), preActivations(to, norm)];
      const { all, change, own } = driftBetween(
        from,
        to,
        { kind: norm, epsilon: normEpsilon },
        0.9,
        asked([0, 1, 2, 3, 4]),
      );
      for (let i = 0; i < units; i++) {
        const changes = z0.map((row, t) => z1[t]![i]! - row[i]!);
        const parts = all.subarray(i * driftParts.length, (i + 1) * driftParts.length);
        expect(sum(parts)).to.be.closeTo(change[i]!, 1e-12 * Math.abs(change[i]!));
        expect(change[i]).to.be.closeTo(sum(changes) / n, 1e-5);
        const fired = changes.filter((_, t) => z0[t]![i]! > 0);
        expect(sum(own[i]!)).to.be.closeTo(sum(fired) / fired.length, 1e-5);
      }
    });
  }

  it("has no parts for a unit that no token fired", () => {
    const [plain, to] = [snapshot(createRandom(50, "none")), snapshot(createRandom(51, "none"))];
    const from = { ...plain, bias: plain.bias.map(() => -1e3) };
    expect(Array.from(driftBetween(from, to, layernorm, 1, asked([3])).own[0]!).slice(0, 2)).to.deep.equal([
      Number.NaN,
      Number.NaN,
    ]);
  });

  const partsOf = (drift: ReturnType<typeof driftBetween>, unit: number) =>
    drift.all.subarray(unit * driftParts.length, (unit + 1) * driftParts.length);

  const planted: Record<string, (to: LayerSnapshot) => LayerSnapshot> = {
    weights: (to) => ({ ...to, weights: to.weights.map((w) => w - 0.3) }),
    decay: (to) => ({ ...to, weights: to.weights.map((w) => w * 0.9) }),
    bias: (to) => ({ ...to, bias: to.bias.map((b) => b - 2) }),
    norm: (to) => ({ ...to, gain: to.gain.map((g) => g * 1.5), shift: to.shift.map((s) => s - 0.5) }),
    upstream: (to) => ({ ...to, x: to.x.map((x, at) => x + (at % d === 2 ? 3 : 0)) }),
  };
  for (const [cause, change] of Object.entries(planted)) {
    it(`names ${cause} when only that has changed`, () => {
      const from = snapshot(createRandom(52, "planted"));
      const keep = cause === "decay" ? 0.9 : 1;
      // There and back: a change that lifts a unit one way sinks it the other. Only what sinks it is named.
      const ways = [
        driftBetween(from, change(from), layernorm, keep),
        driftBetween(change(from), from, layernorm, 1 / keep),
      ];
      let sunk = 0;
      for (const drift of ways) {
        for (let i = 0; i < units; i++) {
          const parts = partsOf(drift, i);
          const total = parts.reduce((sum, part) => sum + part, 0);
          if (Math.abs(total) < 1e-3) continue;
          if (total < 0) sunk++;
          if (total < 0) expect(dominantPart(parts)).to.equal(cause);
          else expect(dominantPart(parts)).not.to.equal(cause);
        }
      }
      expect(sunk).to.be.above(0);
    });
  }

  it("gives all of a bias kick to the bias", () => {
    const from = snapshot(createRandom(53, "kick"));
    const kicked = driftBetween(from, { ...from, bias: from.bias.map((b) => b - 5) }, layernorm, 1);
    const parts = partsOf(kicked, 2);
    expect(Array.from(parts, (part) => Math.round(part * 1e5) / 1e5 + 0)).to.deep.equal(
      driftParts.map((part) => (part === "bias" ? -5 : 0)),
    );
  });
});

describe("thresholdCosine", () => {
  before(() => openBackend("cpu"));

  it("bounds the pre-activation of every input: reached by the worst one, never passed", () => {
    const random = createRandom(54, "certificate");
    for (const norm of ["layernorm", "rmsnorm"] as const) {
      const at = snapshot(random);
      const tensors = {
        weights: tf.tensor2d(at.weights, [d, units]),
        bias: tf.tensor1d(at.bias),
        gain: tf.tensor1d(at.gain),
        shift: tf.tensor1d(at.shift),
      };
      const theta = thresholdCosine(tf, tensors, norm).dataSync();
      for (let i = 0; i < units; i++) {
        const w = Array.from({ length: d }, (_, j) => at.gain[j]! * at.weights[j * units + i]!);
        const centre = norm === "layernorm" ? sum(w) / d : 0;
        const direction = w.map((value) => value - centre);
        const length = Math.hypot(...direction);
        const cosine = (x: number[]) => {
          const mean = norm === "layernorm" ? sum(x) / d : 0;
          const c = x.map((value) => value - mean);
          return sum(c.map((value, j) => value * direction[j]!)) / Math.hypot(...c) / length;
        };
        // Along the unit's own direction the cosine is 1: z is positive iff theta < 1, and so for every other input.
        const inputs = [direction, ...Array.from({ length: n - 1 }, () => direction.map(() => random.normal()))];
        const z = preActivations({ ...at, x: Float32Array.from(inputs.flat(), (value) => 1e3 * value) }, norm);
        for (const [t, x] of inputs.entries()) {
          if (Math.abs(cosine(x) - theta[i]!) > 1e-3) expect(z[t]![i]! > 0).to.equal(cosine(x) > theta[i]!);
        }
      }
    }
  });

  it("certifies a unit whose bias no input can overcome", () => {
    const at = snapshot(createRandom(55, "dead"));
    const bias = tf.tensor1d([...at.bias].map((b, i) => (i === 3 ? -100 : b)));
    const theta = thresholdCosine(
      tf,
      { weights: tf.tensor2d(at.weights, [d, units]), bias, gain: tf.ones([d]) },
      "layernorm",
    );
    expect(Array.from(theta.dataSync(), (value) => value >= 1)).to.deep.equal([false, false, false, true, false]);
  });

  it("has the isotropic firing rate of simulated directions", () => {
    const random = createRandom(56, "isotropic");
    let fired = 0;
    for (let k = 0; k < 20_000; k++) {
      const x = Array.from({ length: 8 }, () => random.normal());
      if (x[0]! / Math.hypot(...x) > 0.2) fired++;
    }
    expect(fired / 20_000).to.be.closeTo(isotropicRate(0.2, 8, "rmsnorm"), 0.01);
    expect(isotropicRate(0.2, 9, "layernorm")).to.equal(isotropicRate(0.2, 8, "rmsnorm")); // centring takes one dimension
    expect([0, 1, -1].map((theta) => isotropicRate(theta, 9, "layernorm"))).to.deep.equal([0.5, 0, 1]);
  });
});

describe("matchedSurvivors", () => {
  it("draws up to three survivors a dying unit from its own decile of frequency", () => {
    const dying = [0, 1, 2];
    const survivors = Array.from({ length: 97 }, (_, i) => i + 3);
    const matched = matchedSurvivors(dying, survivors, (i) => i, createRandom(57, "matching"));
    expect(matched).to.have.length(7); // the lowest decile holds 0 to 9
    for (const unit of matched) expect(unit).to.be.within(3, 9);
    expect(new Set(matched).size).to.equal(7);
  });
});
