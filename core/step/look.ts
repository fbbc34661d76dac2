/** A look at a model that nobody trains here: losses and probes, no gradients, no update. */
import type { Tensor, TensorContainer } from "@tensorflow/tfjs";
import type { Activations, Site } from "../contract/sites.ts";
import type { Step } from "../engine/engine.ts";
import { tf } from "../engine/tensorflow.ts";
import { noGradients } from "../errors/errors.ts";
import { windowLosses } from "../model/operations.ts";
import { forward } from "./forward.ts";
import { checkProbeSize, runProbe, type StepProbe } from "./probe.ts";
import { picked, type SignedStep, type StepPlan, stateSpecs } from "./step.ts";

/**
 * Probes over `sequences` sequences; inputs `tokens` and `targets`, int32 `[sequences pos]`. Outputs: `losses` `[sequences]` and the
 * probes' tensors. A probe that asks for gradients throws `plugin.invalid`. Changes no state.
 */
export function lookStep(
  plan: StepPlan & { readonly sequences: number; readonly probes: readonly StepProbe[] },
): SignedStep {
  const { model, sequences, probes, thresholds } = plan;
  const capture = [...new Set(probes.flatMap((probe) => probe.sites))];
  const step: Step = (state, { tokens, targets }) => {
    const params = picked(state, model.parameters);
    const { logits, sites } = forward(model, params, tokens!, capture, thresholds);
    try {
      const readings: Record<string, Tensor> = {};
      for (const probe of probes) {
        const wanted = Object.fromEntries(probe.sites.map((site) => [site, sites[site]])) as Activations<Site>;
        const inputs = { tf, tokens: tokens!, targets: targets!, params, grads: refusing(probe.name) };
        Object.assign(readings, runProbe(probe, wanted, inputs));
      }
      checkProbeSize(readings);
      return { outputs: { losses: windowLosses(logits, tf.reshape(targets!, [-1]), sequences), ...readings } };
    } finally {
      tf.dispose(sites as TensorContainer);
    }
  };
  const tokens = { shape: [sequences, model.shape.n_ctx], dtype: "int32" } as const;
  return { step, signature: { state: stateSpecs(plan), inputs: { tokens, targets: tokens } } };
}

function refusing(analyzer: string): Readonly<Record<string, Tensor>> {
  return new Proxy(
    {},
    {
      get: (_, name) => {
        throw noGradients(analyzer, String(name));
      },
    },
  );
}
