/** TensorFlow.js without its banner. */
import { tf } from "./tensorflow.ts";

/**
 * Keeps TensorFlow.js from advertising its Node package on stderr, which it does the first time that its plain JavaScript
 * backend is given values. Call it before anything (a plugin's `setup` too) may make a tensor.
 */
export function quietTensorflow(): void {
  tf.enableProdMode();
}
