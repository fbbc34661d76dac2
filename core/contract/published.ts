/** Part of the contract: how checkpoints that other libraries saved become a model's parameters. */

/** Where a parameter comes from. */
export interface StoredAs {
  /** The tensor's name, without the prefix that all names of a checkpoint may share. */
  readonly from: string;
  /** Stored as `[columns rows]`, as PyTorch's Linear stores weights. */
  readonly transposed?: true;
  /**
   * One of several that are stored as one, side by side along the output: its place, how many there are, and in how many groups
   * (heads) the output is cut before that.
   */
  readonly part?: { readonly at: number; readonly of: number; readonly groups: number };
}

/** The origin of every parameter. */
export interface WeightTable {
  readonly parameters: Readonly<Record<string, StoredAs>>;
  /** What names may begin with, most likely first; `""` where the bare model was saved. */
  readonly prefixes: readonly string[];
  /** Tensors that checkpoints carry and no parameter needs. */
  readonly unneeded: RegExp;
}

/** Published models of one architecture, in the folders of Hugging Face. */
export interface Published<O> {
  /** `model_type` of the config.json files that it reads. */
  readonly modelTypes: readonly string[];
  /** From config.json to the model's options. Throws a ZodError where a key is not what can be computed. */
  options(config: Readonly<Record<string, unknown>>): O;
  /** Sizes, and the most positions. */
  sizes(options: O): {
    readonly n_layers: number;
    readonly d_model: number;
    readonly n_heads: number;
    readonly d_mlp: number;
    readonly n_ctx: number;
    readonly d_vocab: number;
  };
  weights(options: O): WeightTable;
  /** The activation, where it is never exactly zero for what does not fire; undefined for ReLU and its like. */
  soft(options: O): string | undefined;
}
