/** Runs analyzers' probes inside a step, flattens what they return to named outputs, and gives it back on the host. */

import type { Tensor } from "@tensorflow/tfjs";
import type { NDArray } from "../arrays/ndarray.ts";
import type { AnalyzerInstance, Combination, Probe, Readings } from "../contract/analyzer.ts";
import type { Activations, GradientInputs, ProbeInputs, Site } from "../contract/sites.ts";
import { withoutRandomnessOrClock } from "../engine/purity.ts";
import { tf } from "../engine/tensorflow.ts";
import { ExperimentError, invalidStep, reasonOf } from "../errors/errors.ts";
import { HostReading } from "./reading.ts";

/** An analyzer's probe as the step sees it; `name` is the analyzer's. */
export interface StepProbe {
  readonly name: string;
  readonly sites: readonly Site[];
  probe(sites: Activations<Site>, inputs: ProbeInputs): Probe;
  readonly combine?: Readonly<Record<string, Combination>> | undefined;
  readonly probeGradients?: ((inputs: GradientInputs) => Probe) | undefined;
}

/** What an analyzer looks at in a step. */
export function stepProbe(
  { name, sites }: Pick<StepProbe, "name" | "sites">,
  instance: Pick<AnalyzerInstance<Site, Probe, string, string, Probe>, "probe" | "combine" | "probeGradients">,
): StepProbe {
  return {
    name,
    sites,
    probe: (...given) => instance.probe(...given),
    combine: instance.combine,
    probeGradients: instance.probeGradients && ((inputs) => instance.probeGradients!(inputs)),
  };
}

/**
 * Most bytes that all probes together may return from one step. All of it crosses to the host: six layers of per-sequence
 * counts at d_mlp 32768 are 48 MB, so this leaves room for several analyzers and stops a raw `[batch pos d_mlp]` mask.
 */
const maxProbeBytes = 256 * 2 ** 20;

/**
 * Runs one probe and names its tensors: `probe/<analyzer>/<name>`, and for a list `probe/<analyzer>/<name>/<layer>`.
 * Reads, host randomness and anything but tensors are errors that name the analyzer.
 */
export function runProbe(of: StepProbe, sites: Activations<Site>, inputs: ProbeInputs): Record<string, Tensor> {
  const { tokens, targets, params } = inputs;
  const borrowed = [...Object.values(sites).flat(), ...Object.values(params), tokens, targets];
  return named(of, borrowed, () => of.probe(sites, inputs));
}

/** What a probe makes of gradients, named alike. */
export function runGradientProbe(of: StepProbe, inputs: GradientInputs): Record<string, Tensor> {
  if (of.probeGradients === undefined) return {};
  const borrowed = [...Object.values(inputs.params), ...Object.values(inputs.grads)];
  return named(of, borrowed, () => of.probeGradients!(inputs));
}

/** Names what `look` returns; of `borrowed` tensors it returns copies. */
function named(of: StepProbe, borrowed: readonly unknown[], look: () => unknown): Record<string, Tensor> {
  return tf.tidy(() => {
    const outputs: Record<string, Tensor> = {};
    const add = (name: string, value: unknown) => {
      if (!(value instanceof tf.Tensor)) throw impure(of, `${name} must be a tensor, got ${kindOf(value)}.`);
      outputs[`probe/${of.name}/${name}`] = borrowed.includes(value) ? tf.clone(value) : value;
    };
    const probe: unknown = guarded(of, look);
    if (probe instanceof Promise) probe.catch(() => {}); // reported here, as what it is
    if (typeof probe !== "object" || probe === null || probe instanceof tf.Tensor || probe instanceof Promise)
      throw impure(of, `must return named tensors, like \`{ counts }\`, got ${kindOf(probe)}.`);
    for (const [name, value] of Object.entries(probe)) {
      if (name.includes("/")) throw impure(of, `the name \`${name}\` contains a slash.`);
      if (!Array.isArray(value)) add(name, value);
      else if (value.length === 0) throw impure(of, `${name} is an empty list.`);
      else for (const [layer, one] of value.entries()) add(`${name}/${layer}`, one);
    }
    return outputs;
  });
}

/** Gradients that nobody may ask for: `error` is what is thrown at whoever does, given the parameter's name. */
export function noGradientsFor(error: (parameter: string) => Error): Readonly<Record<string, Tensor>> {
  const refuse = (_: unknown, name: string | symbol): never => {
    throw error(String(name));
  };
  return new Proxy<Record<string, Tensor>>({}, { get: refuse, ownKeys: (target) => refuse(target, "all") });
}

/** `counts` in `probe/mine/counts/3`. */
export function readingIn(output: string): string {
  return output.split("/")[2]!;
}

/** A backend that computes equal expressions once may say so: the same object for tensors of one value. */
interface KnowsEqualValues {
  equalValue(dataId: object): object | undefined;
}

/**
 * Throws when the outputs of all probes together are more than should cross to the host each step. What several analyzers ask for
 * alike crosses once, and counts once.
 */
export function checkProbeSize(outputs: Readonly<Record<string, Tensor>>): void {
  const bytes = ([, tensor]: [string, Tensor]) => tensor.size * (tensor.dtype === "bool" ? 1 : 4);
  const backend = tf.backend() as unknown as Partial<KnowsEqualValues>;
  const byValue = new Map<unknown, [string, Tensor]>();
  for (const [name, tensor] of Object.entries(outputs)) {
    const value = backend.equalValue?.(tensor.dataId) ?? tensor.dataId;
    if (!byValue.has(value)) byValue.set(value, [name, tensor]);
  }
  const entries = [...byValue.values()];
  const total = entries.reduce((sum, entry) => sum + bytes(entry), 0);
  if (total <= maxProbeBytes) return;
  const [name, tensor] = entries.reduce((a, b) => (bytes(a) >= bytes(b) ? a : b));
  const mib = (n: number) => `${Math.ceil(n / 2 ** 20)} MiB`;
  const problem = `probes return ${mib(total)} a step, more than ${mib(maxProbeBytes)}; the largest is ${name} [${tensor.shape.join(" ")}].`;
  throw invalidStep("analyzers", `${problem} Reduce in the probe, not on the host.`);
}

/** Undoes the naming: the readings of each analyzer, by its name. */
export function regroup(outputs: Readonly<Record<string, NDArray>>): Readonly<Record<string, Readings<Probe>>> {
  const groups: Record<string, Record<string, NDArray | NDArray[]>> = {};
  for (const [key, array] of Object.entries(outputs)) {
    const [kind, analyzer, name, layer] = key.split("/") as [string, string?, string?, string?];
    if (kind !== "probe" || analyzer === undefined || name === undefined) continue;
    groups[analyzer] ??= {};
    const group = groups[analyzer];
    const reading = new HostReading(array, `${analyzer}: ${name}`);
    if (layer === undefined) group[name] = reading;
    else {
      const list = (group[name] ?? []) as NDArray[];
      list[Number(layer)] = reading;
      group[name] = list;
    }
  }
  return groups as Record<string, unknown> as Record<string, Readings<Probe>>;
}

/** Every way from a tensor to its values. */
const reads = [
  "data",
  "dataSync",
  "array",
  "arraySync",
  "buffer",
  "bufferSync",
  "bytes",
  "dataToGPU",
  "toString",
  "print",
];

/** Runs `probe` with every read of a tensor, every random number and every look at the clock an error. */
function guarded<T>(of: StepProbe, probe: () => T): T {
  const prototype = tf.Tensor.prototype as unknown as Record<string, unknown>;
  const originals = reads.map((name) => [name, prototype[name]] as const);
  for (const name of reads) {
    prototype[name] = () => {
      throw impure(of, `reads values (\`${name}\`) inside probe. Return the tensor and read it in analyze.`);
    };
  }
  const refuse = (problem: string): never => {
    throw impure(of, `${problem}. Do it in setup.`);
  };
  try {
    return withoutRandomnessOrClock(refuse, probe);
  } catch (thrown) {
    if (thrown instanceof ExperimentError) throw thrown;
    throw invalidStep(`${of.name}: probe`, reasonOf(thrown), thrown);
  } finally {
    for (const [name, original] of originals) prototype[name] = original;
  }
}

export function impure(of: StepProbe, problem: string): ExperimentError {
  return invalidStep(`${of.name}: probe`, problem);
}

function kindOf(value: unknown): string {
  if (value instanceof Promise) return "a promise";
  if (value instanceof tf.Tensor) return "a lone tensor";
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? (value.constructor?.name ?? "an object") : `a ${typeof value}`;
}
