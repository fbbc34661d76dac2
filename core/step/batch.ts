/** Forward and backward over one step's batch, in micro-batches, and what probes read on the way. */
import type { Tensor, TensorContainer } from "@tensorflow/tfjs";
import type { ModelInstance } from "../contract/model.ts";
import type { Activations, ProbeInputs, Site } from "../contract/sites.ts";
import { after } from "../engine/after.ts";
import type { Tensors } from "../engine/engine.ts";
import { tf } from "../engine/tensorflow.ts";
import { earlyGradients } from "../errors/errors.ts";
import { crossEntropy } from "../model/operations.ts";
import { checkCombine, createCombiner } from "./combine.ts";
import { type CapturedSites, forward } from "./forward.ts";
import {
  checkProbeSize,
  impure,
  noGradientsFor,
  readingIn,
  runGradientProbe,
  runProbe,
  type StepProbe,
} from "./probe.ts";

/** What a step has seen of its batch. */
export interface Seen {
  /** Mean over the batch, nats per token. */
  readonly loss: Tensor;
  /** Of the mean loss, by parameter. */
  readonly grads: Tensors;
  /** What the probes returned, by output name. */
  readonly readings: Tensors;
}

interface Batch {
  readonly model: ModelInstance;
  readonly probes: readonly StepProbe[];
  readonly params: Tensors;
  /** int32 `[batch pos]`. */
  readonly tokens: Tensor;
  readonly targets: Tensor;
}

/**
 * Loss and gradients averaged over `count` equal micro-batches, one after another: sums in float32, the first micro-batch first. A
 * micro-batch leaves behind its part of those, what probes that `combine` read in it, and the sites that other probes look at.
 */
export function seenOf({ model, probes, params, tokens, targets }: Batch, count: number): Seen {
  const [apart, whole] = [probes.filter(({ combine }) => combine), probes.filter(({ combine }) => !combine)];
  const [capture, keep] = [sitesOf(probes), sitesOf(whole)];
  const total = tokens.shape[0]!;
  const parts = count === 1 ? [tokens] : tf.split(tokens, count, 0);
  const targetParts = count === 1 ? [targets] : tf.split(targets, count, 0);
  const taken = new Map<StepProbe, Tensors[]>(apart.map((probe) => [probe, []]));
  const kept: CapturedSites[] = [];
  let sum: Omit<Pass, "sites"> | undefined;
  try {
    for (const [i, part] of parts.entries()) {
      const own = sum === undefined ? part : after(part, inOrder(sum, [...taken.values()]));
      const { sites, ...pass } = lossAndGradients(params, own, targetParts[i]!, model, capture);
      kept.push(sites);
      sum = sum === undefined ? pass : added(sum, pass);
      const sequences = { first: (i * total) / count, total };
      for (const [probe, each] of taken) {
        const grads = noGradientsFor((parameter) => earlyGradients(probe.name, parameter));
        const inputs = { tf, tokens: own, targets: targetParts[i]!, params, grads, sequences };
        const outputs = runProbe(probe, of(sites, probe), inputs);
        checkCombine(probe, outputs, total / count);
        each.push(outputs);
      }
      tf.dispose(without(sites, keep) as TensorContainer);
    }
    const { loss, grads } = count === 1 ? sum! : divided(sum!, count);
    const combine = createCombiner();
    const sites = keep.length === 0 || count === 1 ? kept[0]! : joined(kept, keep);
    kept.push(sites);
    const inputs = { tf, tokens, targets, params, grads, sequences: { first: 0, total } };
    const readings = probes.map((probe) => {
      const each = taken.get(probe);
      const own = each === undefined ? runProbe(probe, of(sites, probe), inputs) : combine(probe, each);
      const ofGradients = runGradientProbe(probe, inputs);
      const twice = Object.keys(ofGradients).find((output) => Object.hasOwn(own, output));
      if (twice !== undefined)
        throw impure(probe, `${readingIn(twice)} is a reading of \`probe\` and of \`probeGradients\`.`);
      return { ...own, ...ofGradients };
    });
    const all = Object.assign({}, ...readings) as Tensors;
    checkProbeSize(all);
    return { loss, grads, readings: all };
  } finally {
    tf.dispose(kept as unknown as TensorContainer);
  }
}

/** What all probes return of sites that are all there, by output name. Disposes the sites. */
export function probed(
  probes: readonly StepProbe[],
  sites: CapturedSites,
  inputsOf: (probe: StepProbe) => ProbeInputs,
): Tensors {
  try {
    const readings: Record<string, Tensor> = {};
    for (const probe of probes) Object.assign(readings, runProbe(probe, of(sites, probe), inputsOf(probe)));
    checkProbeSize(readings);
    return readings;
  } finally {
    tf.dispose(sites as TensorContainer);
  }
}

/** Every site that one of the probes looks at. */
export function sitesOf(probes: readonly StepProbe[]): Site[] {
  return [...new Set(probes.flatMap(({ sites }) => sites))];
}

/** Those of a probe. */
function of(sites: CapturedSites, probe: StepProbe): Activations<Site> {
  return Object.fromEntries(probe.sites.map((site) => [site, sites[site]])) as Activations<Site>;
}

function without(sites: CapturedSites, keep: readonly Site[]): CapturedSites {
  return Object.fromEntries(Object.entries(sites).filter(([site]) => !keep.includes(site as Site)));
}

interface Pass {
  readonly loss: Tensor;
  readonly grads: Tensors;
  /** Kept tensors: whoever gets them disposes them. */
  readonly sites: CapturedSites;
}

function lossAndGradients(
  params: Tensors,
  tokens: Tensor,
  targets: Tensor,
  model: ModelInstance,
  capture: readonly Site[],
): Pass {
  const names = Object.keys(params);
  const flatTargets = tf.reshape(targets, [-1]); // [n]
  let sites: CapturedSites = {};
  const withGradients = tf.valueAndGrads((...values: Tensor[]) => {
    const named = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
    const pass = forward(model, named, tokens, capture);
    sites = pass.sites;
    return crossEntropy(pass.logits, flatTargets);
  });
  const { value, grads } = withGradients(names.map((name) => params[name]!));
  return { loss: value, grads: Object.fromEntries(names.map((name, i) => [name, grads[i]!])), sites };
}

type Sum = Omit<Pass, "sites">;

/** The sum of two, which are disposed. */
function added(a: Sum, b: Sum): Sum {
  const sum = {
    loss: tf.add<Tensor>(a.loss, b.loss),
    grads: mapped(a.grads, (grad, name) => tf.add(grad, b.grads[name]!)),
  };
  tf.dispose([a.grads, b.grads]);
  return sum;
}

/** What a micro-batch leaves behind, as it becomes known: readings, then gradients from the last layer to the first. */
function inOrder({ loss, grads }: Sum, taken: readonly (readonly Tensors[])[]): Tensor[] {
  const readings = taken.flatMap((each) => Object.values(each.at(-1) ?? {}));
  return [...readings, loss, ...Object.values(grads).toReversed()];
}

function divided(sum: Sum, count: number): Sum {
  const mean = { loss: tf.div<Tensor>(sum.loss, count), grads: mapped(sum.grads, (grad) => tf.div(grad, count)) };
  tf.dispose(sum.grads);
  return mean;
}

/** The sites of the whole batch, kept, from those of its micro-batches. */
function joined(parts: readonly CapturedSites[], sites: readonly Site[]): CapturedSites {
  const concat = (tensors: readonly Tensor[]) => tf.keep(tf.concat([...tensors], 0));
  const whole = sites.map((site) => {
    const all = parts.map((part) => part[site]!);
    const [first] = all as [(typeof all)[number]];
    const value = Array.isArray(first)
      ? first.map((_, layer) => concat((all as Tensor[][]).map((layers) => layers[layer]!)))
      : concat(all as Tensor[]);
    return [site, value] as const;
  });
  return Object.fromEntries(whole);
}

function mapped(tensors: Tensors, change: (tensor: Tensor, name: string) => Tensor): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor, name)]));
}
