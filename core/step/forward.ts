/** A model's forward pass with the sites that somebody watches. */
import type { Tensor } from "@tensorflow/tfjs";
import type { ModelInstance } from "../contract/model.ts";
import { type ModelSite, modelSites, type Site } from "../contract/sites.ts";
import type { Tensors } from "../engine/engine.ts";
import { tf } from "../engine/tensorflow.ts";
import { siteNotHandedOver } from "../errors/errors.ts";

/** The captured sites of one forward pass: a list over layers, or one tensor where a site occurs once. */
export type CapturedSites = Readonly<Record<string, Tensor | readonly Tensor[]>>;

/** Whether a site occurs once instead of in every layer. */
function isModelSite(site: Site): site is ModelSite {
  return (modelSites as readonly string[]).includes(site);
}

/**
 * Runs the model. `tokens` is int32 `[batch pos]`, `logits` are flat, `[n d_vocab]`. Captured sites have the shapes that the
 * contract says and are kept (`tf.keep`), so that they outlive a surrounding gradient: the caller disposes them.
 */
export function forward(
  model: ModelInstance,
  params: Tensors,
  tokens: Tensor,
  capture: readonly Site[],
): { readonly logits: Tensor; readonly sites: CapturedSites } {
  const [batch, pos] = tokens.shape as [number, number];
  const found = new Map<Site, Tensor[]>();
  const observe = (site: Site, value: Tensor) => {
    if (!capture.includes(site)) return;
    const kept = tf.keep(value.rank === 2 ? tf.reshape(value, [batch, pos, -1]) : tf.clone(value));
    found.set(site, [...(found.get(site) ?? []), kept]);
  };
  const logits = model.forward({ tf, params, tokens, observe });
  if (!found.has("logits")) observe("logits", logits);
  const sites = capture.map((site) => {
    const given = found.get(site) ?? [];
    const expected = isModelSite(site) ? 1 : model.shape.n_layers;
    if (given.length !== expected) throw siteNotHandedOver(site, expected, given.length);
    return [site, isModelSite(site) ? given[0]! : given] as const;
  });
  return { logits, sites: Object.fromEntries(sites) };
}
