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

/** Sites that every model has that has the other one: what fires is what is above zero behind the activation. */
export const derivedSites: Readonly<Partial<Record<Site, Site>>> = { mlp_fires: "mlp_post" };

/**
 * Runs the model. `tokens` is int32 `[batch pos]`, `logits` are flat, `[n d_vocab]`. Captured sites have the shapes that the
 * contract says and are kept (`tf.keep`), so that they outlive a surrounding gradient: the caller disposes them. `thresholds`
 * are what `mlp_fires` is lowered by, one number for each layer.
 */
export function forward(
  model: ModelInstance,
  params: Tensors,
  tokens: Tensor,
  capture: readonly Site[],
  thresholds?: readonly number[],
): { readonly logits: Tensor; readonly sites: CapturedSites } {
  const [batch, pos] = tokens.shape as [number, number];
  const found = new Map<Site, Tensor[]>();
  const fires = capture.includes("mlp_fires");
  /** What fires, as the model hands it over, or else what is behind the activation; one tensor a layer. */
  const firing = new Map<Site, Tensor[]>();
  const observe = (site: Site, value: Tensor) => {
    if (fires && (site === "mlp_fires" || site === "mlp_post")) firing.set(site, [...(firing.get(site) ?? []), value]);
    if (capture.includes(site) && site !== "mlp_fires") found.set(site, [...(found.get(site) ?? []), kept(value)]);
  };
  const kept = (value: Tensor) => tf.keep(value.rank === 2 ? tf.reshape(value, [batch, pos, -1]) : tf.clone(value));
  const logits = model.forward({ tf, params, tokens, observe });
  if (!found.has("logits")) observe("logits", logits);
  const own = firing.get("mlp_fires") ?? firing.get("mlp_post");
  if (own) {
    const lowered = (x: Tensor, layer: number) => (thresholds?.[layer] ? tf.sub(x, thresholds[layer]!) : x);
    found.set(
      "mlp_fires",
      own.map((x, layer) => kept(lowered(x, layer))),
    );
  }
  const sites = capture.map((site) => {
    const given = found.get(site) ?? [];
    const expected = isModelSite(site) ? 1 : model.shape.n_layers;
    if (given.length !== expected) throw siteNotHandedOver(site, expected, given.length);
    return [site, isModelSite(site) ? given[0]! : given] as const;
  });
  return { logits, sites: Object.fromEntries(sites) };
}
