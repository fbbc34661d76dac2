/** How what a probe read of each micro-batch becomes what it read of their batch. */
import type { Tensor } from "@tensorflow/tfjs";
import type { Combination } from "../contract/analyzer.ts";
import { tf } from "../engine/tensorflow.ts";
import { impure, readingIn, type StepProbe } from "./probe.ts";

type Outputs = Readonly<Record<string, Tensor>>;

/** Two at a time, the first micro-batches first. */
const pairwise = { sum: tf.add, max: tf.maximum, min: tf.minimum, any: tf.logicalOr, all: tf.logicalAnd } as const;

/** What a kind of reading must be, given the sequences of a micro-batch; undefined where it is. */
const demands: Readonly<Record<Combination, (reading: Tensor, sequences: number) => string | undefined>> = {
  sequences: ({ shape }, n) => (shape[0] === n ? undefined : `a row for each of ${n} sequences`),
  sum: ({ dtype }) => (dtype === "bool" ? "numbers" : undefined),
  mean: ({ dtype }) => (dtype === "float32" ? undefined : "float32"),
  max: ({ dtype }) => (dtype === "bool" ? "numbers" : undefined),
  min: ({ dtype }) => (dtype === "bool" ? "numbers" : undefined),
  any: ({ dtype }) => (dtype === "bool" ? undefined : "bool"),
  all: ({ dtype }) => (dtype === "bool" ? undefined : "bool"),
};

/** Throws where `combine` does not fit what a probe read of one micro-batch of `sequences` sequences, also where there is but one. */
export function checkCombine(of: StepProbe, outputs: Outputs, sequences: number): void {
  const combine = of.combine ?? {};
  const returned = new Set(Object.keys(outputs).map(readingIn));
  const unknown = Object.keys(combine).find((name) => !returned.has(name));
  if (unknown !== undefined) throw impure(of, `\`combine\` names ${unknown}, which it does not return.`);
  for (const [output, tensor] of Object.entries(outputs)) {
    const reading = readingIn(output);
    const kind = Object.hasOwn(combine, reading) ? combine[reading] : undefined;
    if (kind === undefined) throw impure(of, `\`combine\` does not say how ${reading} of micro-batches combine.`);
    if (!Object.hasOwn(demands, kind))
      throw impure(of, `\`combine\`: ${reading}: expected one of ${kinds}, got ${kind}.`);
    const wanted = demands[kind](tensor, sequences);
    if (wanted === undefined) continue;
    throw impure(
      of,
      `\`combine\`: ${reading}: ${kind} takes ${wanted}, got ${tensor.dtype} [${tensor.shape.join(" ")}].`,
    );
  }
}

const kinds = Object.keys(demands).join(", ");

/** Puts readings together; what several probes read alike is put together once. */
export function createCombiner(): (of: StepProbe, parts: readonly Outputs[]) => Outputs {
  const known = new Map<string, Tensor>();
  return (of, parts) => {
    const [first] = parts as [Outputs];
    if (parts.length === 1) return first;
    const entries = Object.keys(first).map((output) => {
      const kind = of.combine![readingIn(output)]!;
      const tensors = parts.map((part) => part[output]!);
      const key = `${kind} ${tensors.map(({ dataId, shape }) => `${numberOf(dataId)}[${shape}]`).join(" ")}`;
      const before = known.get(key);
      const made = before === undefined ? combined(kind, tensors) : tf.clone(before);
      known.set(key, made);
      return [output, made] as const;
    });
    return Object.fromEntries(entries);
  };
}

function combined(kind: Combination, parts: readonly Tensor[]): Tensor {
  if (kind === "sequences") return tf.concat([...parts], 0);
  const join = pairwise[kind === "mean" ? "sum" : kind];
  return tf.tidy(() => {
    const all = parts.reduce((a, b) => join(a, b));
    return kind === "mean" ? tf.div(all, parts.length) : all;
  });
}

const numbers = new WeakMap<object, number>();
let count = 0;

function numberOf(data: object): number {
  const number = numbers.get(data) ?? ++count;
  numbers.set(data, number);
  return number;
}
