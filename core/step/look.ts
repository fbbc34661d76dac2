/** A look at a model that nobody trains here: losses and probes, no gradients, no update. */
import type { Step } from "../engine/engine.ts";
import { tf } from "../engine/tensorflow.ts";
import { noGradients } from "../errors/errors.ts";
import { windowLosses } from "../model/operations.ts";
import { probed, sitesOf } from "./batch.ts";
import { forward } from "./forward.ts";
import { noGradientsFor, type StepProbe } from "./probe.ts";
import { picked, type SignedStep, type StepPlan, stateSpecs } from "./step.ts";

/**
 * Probes over `sequences` sequences; inputs `tokens` and `targets`, int32 `[sequences pos]`. Outputs: `losses` `[sequences]` and the
 * probes' tensors. A probe that asks for gradients throws `plugin.invalid`. Changes no state.
 */
export function lookStep(
  plan: StepPlan & { readonly sequences: number; readonly probes: readonly StepProbe[] },
): SignedStep {
  const { model, sequences, probes, thresholds } = plan;
  const step: Step = (state, { tokens, targets }) => {
    const params = picked(state, model.parameters);
    const { logits, sites } = forward(model, params, tokens!, sitesOf(probes), thresholds);
    const readings = probed(probes, sites, ({ name }) => {
      const grads = noGradientsFor((parameter) => noGradients(name, parameter));
      return { tf, tokens: tokens!, targets: targets!, params, grads, sequences: { first: 0, total: sequences } };
    });
    return { outputs: { losses: windowLosses(logits, tf.reshape(targets!, [-1]), sequences), ...readings } };
  };
  const tokens = { shape: [sequences, model.shape.n_ctx], dtype: "int32" } as const;
  return { step, signature: { state: stateSpecs(plan), inputs: { tokens, targets: tokens } } };
}
