/**
 * What it takes to look at a large model: writes a folder with random weights in the shapes of an OPT, looks at it in a process of
 * its own, and prints the most memory that process held, in bytes and as a share of the parameters' own (float32).
 *
 *     npx tsx bench/observe-memory.ts --model 1.3b                  # 5.3 GB on disk for as long as it takes
 *     npx tsx bench/observe-memory.ts --model 125m --stored F16
 */
import { spawnSync } from "node:child_process";
import { closeSync, cpSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sizeOf } from "../core/arrays/ndarray.ts";
import { createRandom } from "../core/arrays/random.ts";
import { configSchema } from "../core/config/schema.ts";
import { opt } from "../plugins/models/opt.ts";

/** Sizes of the published models: layers, width, heads, width of the embedding. */
const models: Readonly<Record<string, readonly [number, number, number]>> = {
  "125m": [12, 768, 12],
  "1.3b": [24, 2048, 32],
  "2.7b": [32, 2560, 32],
};
const root = join(import.meta.dirname, "..");
const { values } = parseArgs({
  options: {
    model: { type: "string", default: "125m" },
    stored: { type: "string", default: "F32" },
    engine: { type: "string", default: "onnx" },
    sequences: { type: "string", default: "4" },
  },
});
const [n_layers, d_model, n_heads] = models[values.model] ?? models["125m"]!;

const folder = mkdtempSync(join(tmpdir(), "observe-memory-"));
try {
  const bytes = writeModel(join(folder, "model"), values.stored === "F16" ? 2 : 4);
  const { engine, sequences } = values;
  const sets = [`observe.sequences=${sequences}`, `eval.windows=${sequences}`, "data.corpus.text.files=['*.txt']"];
  const flags = sets.flatMap((set) => ["--set", set]);
  const measure = `process.on("exit", () => process.stderr.write("peak " + process.resourceUsage().maxRSS * 1024 + "\\n"))`;
  const script = [`data:text/javascript,${encodeURIComponent(measure)}`, "tsx"].flatMap((one) => [
    "--import",
    one === "tsx" ? import.meta.resolve("tsx") : one,
  ]);
  const begun = performance.now();
  const looked = spawnSync(
    process.execPath,
    [...script, join(root, "cli/main.ts"), "observe", join(folder, "model"), "--engine", engine, ...flags],
    { cwd: folder, encoding: "utf8", env: { ...process.env, NODE_PATH: join(root, "node_modules") } },
  );
  const peak = Number(/peak (\d+)/.exec(looked.stderr)?.[1]);
  if (looked.status !== 0) throw new Error(looked.stderr);
  const seconds = (performance.now() - begun) / 1000;
  const gb = (size: number) => `${(size / 1e9).toFixed(2)} GB`;
  console.log(
    `OPT-${values.model} shapes, stored as ${values.stored}, ${engine} engine, ${sequences} sequences of 128 tokens`,
  );
  console.log(
    `parameters ${gb(bytes)} as float32, peak ${gb(peak)}: ${(peak / bytes).toFixed(2)} of them; ${seconds.toFixed(0)} s`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Writes config, tokenizer, text and weights of `width` bytes a number; gives the bytes of all parameters as float32. */
function writeModel(to: string, width: 2 | 4): number {
  const fixture = join(root, "test/fixtures/models/opt");
  const files = ["config.json", "vocab.json", "merges.txt", "tokenizer_config.json"];
  for (const file of files) cpSync(join(fixture, file), join(to, file));
  const config = {
    model_type: "opt",
    num_hidden_layers: n_layers,
    hidden_size: d_model,
    num_attention_heads: n_heads,
    ffn_dim: 4 * d_model,
    max_position_embeddings: 2048,
    vocab_size: 50272,
    word_embed_proj_dim: d_model,
  };
  writeFileSync(join(to, "config.json"), JSON.stringify(config));
  for (const part of [0, 1, 2, 3]) writeFileSync(join(folder, `${part}.txt`), "It was the best of times. ".repeat(200));
  const published = opt.published!;
  const options = published.options(config);
  const settings = { ...configSchema.parse({}).model, n_ctx: 2048 };
  const { parameters } = opt.create(options as never, { settings, d_vocab: config.vocab_size });
  const table = published.weights(options as never).parameters;
  let end = 0;
  const header = Object.entries(parameters).map(([name, shape]) => {
    const { from, transposed } = table[name]!;
    const begin = end;
    end += sizeOf(shape) * width;
    const stored = transposed && shape.length === 2 ? shape.toReversed() : shape;
    return [`model.decoder.${from}`, { dtype: width === 2 ? "F16" : "F32", shape: stored, data_offsets: [begin, end] }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = openSync(join(to, "model.safetensors"), "w");
  for (const bytes of [length, json]) writeSync(file, bytes);
  const block = randomBlock(width);
  for (let left = end; left > 0; left -= block.length) writeSync(file, block.subarray(0, Math.min(left, block.length)));
  closeSync(file);
  return (end / width) * 4;
}

/** A few million weights, written over and over. */
function randomBlock(width: 2 | 4): Uint8Array {
  const random = createRandom(1, "weights");
  const length = 4_000_037;
  if (width === 4) return new Uint8Array(Float32Array.from({ length }, () => 0.02 * random.normal()).buffer);
  // A random sign and fraction below 2^-6: about as large.
  return new Uint8Array(Uint16Array.from({ length }, () => (random.integer(2) << 15) | random.integer(9 << 10)).buffer);
}
