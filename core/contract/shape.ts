/** Sizes of the model, in the literature's names. */
export interface ModelShape {
  readonly n_layers: number;
  readonly d_model: number;
  readonly n_heads: number;
  readonly d_mlp: number;
  readonly n_ctx: number;
  readonly d_vocab: number;
}
