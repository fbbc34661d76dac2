import type * as tfjs from "@tensorflow/tfjs";

/** TensorFlow.js, which a model is handed rather than imports. */
export type TF = typeof tfjs;
