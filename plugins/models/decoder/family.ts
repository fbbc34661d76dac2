/** What a family of published models is: its config.json as a decoder, and its tensors' names. */
import type { z } from "zod";
import type { StoredAs, WeightTable } from "../../../core/contract/published.ts";
import type { Decoder } from "./shape.ts";
import { parametersOf } from "./shape.ts";

/** A family; `O` is what its config.json says. */
export interface Family<O> {
  /** `model_type` of the config.json files that are of this family. */
  readonly modelTypes: readonly string[];
  /** Keys of config.json that are read, with their defaults; the others say nothing of what is computed. */
  readonly config: z.ZodObject<z.ZodRawShape> & z.ZodType<O>;
  decoder(config: O): Decoder;
  /** Tensor of each parameter of the model, and of one layer without `blocks.N.`; biases have their weight's entry. */
  readonly names: {
    readonly prefixes: readonly string[];
    readonly model: Readonly<Record<string, string>>;
    /** Where layer N's tensors begin. */
    layer(index: number): string;
    readonly block: Readonly<Record<string, string | Joined>>;
    /** Whether linear layers store `[inputs outputs]`, as GPT-2's Conv1D does, and not `[outputs inputs]`. */
    readonly inputsFirst?: true;
    readonly unneeded: RegExp;
  };
}

/** One of several linear layers that are stored as one: its place, of how many, side by side as a whole or within each head. */
export interface Joined {
  readonly from: string;
  readonly part: { readonly at: number; readonly of: number; readonly groups: "none" | "heads" };
}

/**
 * The origin of every parameter of a decoder. A family names modules: `.weight` and `.bias` follow from whether a parameter is a
 * weight (`W_in`, a norm's `w`) or a bias.
 */
export function tableOf<O>({ names }: Family<O>, decoder: Decoder): WeightTable {
  const parameters = Object.keys(parametersOf(decoder)).map((name): [string, StoredAs] => {
    const [, layer, inBlock] = /^blocks\.(\d+)\.(.+)$/.exec(name) ?? [];
    const bias = /\.b(_|$)/.test(name);
    const module = moduleOf(inBlock ?? name);
    const entry = inBlock === undefined ? names.model[module]! : names.block[module]!;
    const { from: own, part } = typeof entry === "string" ? { from: entry, part: undefined } : entry;
    const from = `${layer === undefined ? "" : names.layer(Number(layer))}${own}.${bias ? "bias" : "weight"}`;
    const linear = /\.W_/.test(name) && !isTable(name);
    return [
      name,
      {
        from,
        ...(part && { part: { ...part, groups: part.groups === "heads" ? decoder.n_heads : 1 } }),
        ...(linear && !names.inputsFirst && { transposed: true }),
      },
    ];
  });
  return { parameters: Object.fromEntries(parameters), prefixes: names.prefixes, unneeded: names.unneeded };
}

/** `mlp.W_in` and `mlp.b_in` as `mlp.in`; `ln1.w` and `ln1.b` as `ln1`. */
function moduleOf(name: string): string {
  return name.replace(/\.[Wb]_/, ".").replace(/\.[wb]$/, "");
}

/** Tables of rows are stored as they are used. */
function isTable(name: string): boolean {
  return name === "embed.W_E" || name === "pos_embed.W_pos";
}
