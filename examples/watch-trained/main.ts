import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { look, pictures } from "./look.ts";
import { trainedModel } from "./model.ts";

await tf.setBackend("wasm");
const { dir, layers, metrics } = await look(await trainedModel(), pictures(224));
const percent = (key: string) => `${(100 * metrics[key]!).toFixed(1)} %`.padStart(7);
console.log(`${"share of units used by".padEnd(29)}a place  all pictures`);
for (const [layer, name] of layers.entries()) {
  const [place, all] = ["token_sparsity/use_token", "batch_union_sparsity/use_batch"];
  console.log(`${name.padEnd(29)}${percent(`${place}/layer_${layer}`)}  ${percent(`${all}/layer_${layer}`)}`);
}
console.log(`run: ${dir}`);
