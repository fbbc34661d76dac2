import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { encodeSafetensors } from "../../core/arrays/safetensors.ts";
import { loadConfig } from "../../core/config/load.ts";
import { loadHubTokenizer } from "../../core/data/tokenizers/hub.ts";
import { openArrays } from "../../core/record/arrays.ts";
import { readEvents, readRows } from "../../core/record/reader.ts";
import { readRun } from "../../core/record/runs.ts";
import { readVocabulary } from "../../core/record/vocabulary.ts";
import type { RunResult } from "../../core/run/conclude.ts";
import type { Observer } from "../../core/run/observer.ts";
import { resumeRequest } from "../../core/run/request.ts";
import { openWeights } from "../../core/weights/folder.ts";
import { driftParts } from "../../plugins/analyzers/neuron-death/drift.ts";
import { observeCheckpoints } from "../../studies/observe/observe.ts";
import { useTempDir } from "../helpers/temp.ts";
import { rejectedBy } from "../helpers/thrown.ts";
import { trainTiny, withPlugins, writeTiny } from "../helpers/tiny.ts";

const fixtures = join(import.meta.dirname, "../fixtures/models");
const plugins = withPlugins({});
const analyzers = {
  "token-sparsity": { every: 1 },
  "batch-union-sparsity": { every: 1 },
  "layer-contrast": { every: 1, per_unit: true },
};

interface Changes {
  readonly [key: string]: unknown;
}

/** Observes what `observe` says, with the tiny corpus. */
async function observed(
  folder: string,
  observe: object,
  changes: Changes = {},
  observer?: Observer,
  signal?: AbortSignal,
) {
  writeTiny(folder, { model: { n_ctx: 16 }, analyzers, observe: { sequences: 4, ...observe }, ...changes });
  const loaded = await loadConfig({ cwd: folder, env: {} });
  return observeCheckpoints({ loaded, plugins }, signal, observer);
}

/** Rows without what the clock decides. */
async function rowsOf({ dir }: RunResult) {
  const { rows } = await readRows(dir);
  return rows.map(({ time: _, metrics: { "look/ms": __, ...metrics }, ...row }) => ({ ...row, metrics }));
}

/** What stands in a checkpoint at a step, from the number in the fixture. */
type Changed = (value: number, step: number, tensor: string) => number;
/** All weights, a little further from the last at each step. */
const growing: Changed = (value, step) => value * (1 + step / 10_000);

/** A history of a model, in float32, with keys of its config.json changed. */
function history(folder: string, name: string, steps: readonly number[], changed = growing, keys: object = {}): string {
  const to = join(folder, "history");
  const files = ["tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json"];
  const weights = openWeights(join(fixtures, name));
  for (const step of steps) {
    const own = join(to, `step${step}`);
    mkdirSync(own, { recursive: true });
    for (const file of files.filter((one) => existsSync(join(fixtures, name, one))))
      cpSync(join(fixtures, name, file), join(own, file));
    const config = JSON.parse(readFileSync(join(fixtures, name, "config.json"), "utf8")) as object;
    writeFileSync(join(own, "config.json"), JSON.stringify({ ...config, ...keys }));
    const moved = [...weights.tensors].map(([key, { shape, read }]) => {
      return [key, { shape, data: read().map((x) => changed(x, step, key)) }] as const;
    });
    writeFileSync(join(own, "model.safetensors"), encodeSafetensors(Object.fromEntries(moved)));
  }
  weights.close();
  return to;
}

describe("observeCheckpoints", function () {
  this.timeout(120_000);
  const folder = useTempDir();

  it("makes a run of one published model, with its loss beside its sparsity", async () => {
    const result = await observed(folder(), { paths: [join(fixtures, "opt")] });
    const { run } = readRun(result.dir);
    expect(run.observed).to.deep.include({ architecture: "opt", source: "opt", looks: 1 });
    expect(run.model).to.deep.include({ n_layers: 2, d_model: 16, d_mlp: 32, n_ctx: 16, d_vocab: 300, n_params: 9824 });
    expect(result.outcome.state).to.equal("finished");
    const [row] = await rowsOf(result);
    expect(row!.step).to.equal(0);
    expect(row!.metrics["eval/perplexity"]).to.equal(Math.exp(row!.metrics["eval/loss"]!));
    expect(row!.metrics["token_sparsity/use_token/layer_1"]).to.be.within(0.2, 0.8);
    expect(row!.metrics["eval/bits_per_byte"]).to.be.above(0);
    const vocabulary = readVocabulary(result.dir);
    const tokenizer = await loadHubTokenizer(join(fixtures, "opt"));
    const text = "the of and to in, not he";
    const pieces = tokenizer.encode(text).map((id) => vocabulary[id]);
    expect(pieces).to.have.length.above(3);
    expect(pieces.join("")).to.equal(text);
    expect(vocabulary).to.have.length(300);
  });

  it("makes a run of a history, in the order of steps, and says what it could not compute", async () => {
    const paths = [history(folder(), "gpt_neox", [200, 0, 1000])];
    const options = { window_tokens: 64, frozen_sequences: 2 };
    const result = await observed(
      folder(),
      { paths, tokens_per_step: 2048 },
      { analyzers: { "neuron-death": options } },
    );
    const rows = await rowsOf(result);
    expect(rows.map(({ step, tokens }) => [step, tokens])).to.deep.equal([
      [0, 0],
      [200, 409_600],
      [1000, 2_048_000],
    ]);
    const keys = Object.keys(rows[2]!.metrics);
    expect(keys).to.include("neuron_death/frozen_silent/layer_0");
    expect(keys).to.include("neuron_death/dead/layer_0");
    expect(keys.filter((key) => /starv|spike|gradient/.test(key))).to.deep.equal([]);
    const said = (await readEvents(result.dir)).events.filter(({ kind }) => kind === "warning");
    const messages = said.map(({ data }) => String(data.message));
    expect(messages.filter((message) => message.startsWith("neuron-death: nothing is trained here"))).to.have.length(1);
    expect(messages.filter((message) => message.startsWith("gelu is never exactly zero"))).to.have.length(1);
  });

  it("tells what moved units between two checkpoints from the parameters alone, by the model's own epsilon", async () => {
    const fell: Changed = (x, step, tensor) => (/layers\.0\.mlp\.dense_h_to_4h\.bias/.test(tensor) ? x - 3 * step : x);
    const options = { analyzers: { "neuron-death": { window_tokens: 64, frozen_sequences: 4 } } };
    const biased = await observed(folder(), { paths: [history(folder(), "gpt_neox", [0, 1], fell)] }, options);
    const { data } = openArrays(biased.dir).read(1)["neuron_death/drift/layer_0"]!;
    const parts = Object.fromEntries(driftParts.map((part, i) => [part, data[i]]));
    expect(parts.bias).to.be.closeTo(-3, 1e-5);
    for (const part of driftParts.filter((one) => one !== "bias")) expect(parts[part], part).to.equal(0);

    const turned: Changed = (x, step, tensor) => (/(q|gate)_proj/.test(tensor) ? x * (1 + step) : x);
    rmSync(join(folder(), "history"), { recursive: true });
    // So large that another epsilon shows: with 1e-5 the parts would miss what the device computed by 3e-4.
    const paths = [history(folder(), "llama-relu", [0, 1], turned, { rms_norm_eps: 0.01 })];
    const { metrics } = (await rowsOf(await observed(folder(), { paths }, options)))[1]!;
    expect(metrics["neuron_death/drift_rounding/layer_1"]).to.be.within(0, 1e-5);
    expect(metrics["neuron_death/drift_residual/layer_1"]).to.be.within(0, 1e-5);
  });

  it("goes on where it was stopped, to the same rows", async () => {
    const paths = [history(folder(), "gpt_neox", [0, 1, 2, 3])];
    const changes = { analyzers: { ...analyzers, "neuron-death": { window_tokens: 64, frozen_sequences: 2 } } };
    const whole = await rowsOf(await observed(folder(), { paths }, changes));
    const stop = new AbortController();
    const observer = { step: ({ step }: { step: number }) => void (step === 2 && stop.abort("enough")) };
    const half = await observed(folder(), { paths }, { ...changes, name: "half" }, observer, stop.signal);
    expect(half.outcome).to.deep.include({ state: "interrupted", step: 1 });
    const request = await resumeRequest(join(folder(), "runs"), half.id, plugins);
    const rest = await observeCheckpoints(request);
    expect(rest.outcome.state).to.equal("finished");
    expect(await rowsOf(rest)).to.deep.equal(whole);
  });

  it("gives the very numbers that our trainer gave, from its checkpoints", async () => {
    const changes = { analyzers, checkpoint: { every: 1, keep_every: 1 }, train: { steps: 4, batch_size: 4 } };
    const trained = await trainTiny(folder(), { changes });
    const looked = await observed(folder(), { paths: [trained.dir], text: "next" }, { name: "look" });
    expect(readRun(looked.dir).run.observed).to.deep.include({ architecture: "relu-transformer", looks: 4 });
    const [before, after] = [(await readRows(trained.dir)).rows, (await readRows(looked.dir)).rows];
    const use = (metrics: Readonly<Record<string, number>>) =>
      Object.entries(metrics).filter(
        ([key]) => /^(token_sparsity|batch_union_sparsity)\//.test(key) && !/recent|gathered|independent/.test(key),
      );
    for (const { step, metrics, tokens } of after.slice(0, 3)) {
      // The trainer looks at a step's parameters before it updates them: those of the checkpoint before.
      const next = before.find((row) => row.step === step + 1)!;
      const shared = use(metrics).filter(([key]) => key in next.metrics);
      expect(shared.length).to.be.above(40);
      expect(shared, `step ${step}`).to.deep.equal(use(next.metrics).filter(([key]) => key in metrics));
      expect(metrics["look/loss"]).to.be.closeTo(next.metrics["train/loss"]!, 1e-5);
      expect(tokens).to.equal(before.find((row) => row.step === step)!.tokens);
    }
    const last = before.at(-1)!.metrics;
    expect(after.at(-1)!.metrics["eval/loss"]).to.equal(last["eval/loss"]);
  });

  it("counts by the activated gate, above a threshold where one is set", async () => {
    const paths = [join(fixtures, "llama-silu")];
    const tokenizer = join(fixtures, "llama-relu");
    const plain = await rowsOf(await observed(folder(), { paths, tokenizer }));
    const result = await observed(folder(), { paths, tokenizer, threshold: { quantile: 0.9 } }, { name: "quantile" });
    const [row] = await rowsOf(result);
    const { thresholds = [], soft } = readRun(result.dir).run.observed!;
    expect(soft).to.equal("silu");
    expect(thresholds).to.have.length(2);
    expect(Math.min(...thresholds)).to.be.above(0);
    for (const layer of [0, 1]) {
      const use = row!.metrics[`token_sparsity/use_token/layer_${layer}`]!;
      expect(use).to.be.closeTo(0.1, 0.03);
      expect(plain[0]!.metrics[`token_sparsity/use_token/layer_${layer}`]).to.be.within(0.3, 0.7);
    }
  });

  it("keeps the thresholds of its first look, and leaves out what lies closer than was asked for", async () => {
    const paths = [history(folder(), "gpt_neox", [0, 1, 2, 3, 4])];
    const observe = { paths, threshold: { quantile: 0.5 }, tokens_per_step: 100, every_tokens: 200 };
    const stop = new AbortController();
    const observer = { step: ({ step }: { step: number }) => void (step === 2 && stop.abort("enough")) };
    const half = await observed(folder(), observe, {}, observer, stop.signal);
    const { thresholds } = readRun(half.dir).run.observed!;
    // The first checkpoint is another one by now: computed from it, thresholds would be others, and uses with them.
    const first = join(paths[0]!, "step0", "model.safetensors");
    writeFileSync(first, readFileSync(join(paths[0]!, "step4", "model.safetensors")));
    const rest = await observeCheckpoints(await resumeRequest(join(folder(), "runs"), half.id, plugins));
    expect(readRun(rest.dir).run.observed!.thresholds).to.deep.equal(thresholds);
    const rows = await rowsOf(rest);
    expect(rows.map(({ step, tokens }) => [step, tokens])).to.deep.equal([[0, 0], [2, 200], [4, 400]]); // biome-ignore format: pairs
    const message = async (more: object) => (await rejectedBy(observed(folder(), { ...observe, ...more }))).message;
    expect(await message({ tokens_per_step: 0 })).to.match(/every_tokens: .*step0 has none.*tokens_per_step/);
  });

  it("goes on with checkpoints that have come since", async () => {
    const paths = [history(folder(), "gpt_neox", [0, 1])];
    const first = await observed(folder(), { paths });
    const again = () => resumeRequest(join(folder(), "runs"), first.id, plugins);
    expect((await rejectedBy(observeCheckpoints(await again()))).message).to.match(
      /finished, every checkpoint was looked at, up to step 1/,
    );
    history(folder(), "gpt_neox", [2]);
    const rest = await observeCheckpoints(await again());
    const { run } = readRun(rest.dir);
    expect(rest.outcome).to.deep.include({ state: "finished", step: 2 });
    expect([run.observed!.looks, run.steps]).to.deep.equal([3, 2]);
    expect((await rowsOf(rest)).map(({ step, seq }) => [step, seq])).to.deep.equal([[0, 0], [1, 1], [2, 2]]); // biome-ignore format: pairs
  });

  it("says what is wrong with a path, an architecture, a step or a context", async () => {
    const message = async (observe: object, changes?: Changes) =>
      (await rejectedBy(observed(folder(), observe, changes))).message;
    expect(await message({ paths: [] })).to.match(/experiment observe PATH/);
    expect(await message({ paths: ["nowhere"] })).to.match(/nowhere: expected a model's folder.*got nothing there/);
    mkdirSync(join(folder(), "odd"));
    writeFileSync(join(folder(), "odd", "config.json"), '{"model_type":"mamba"}');
    expect(await message({ paths: ["odd"] })).to.match(
      /expected one of opt, gpt2, gpt_neox, llama, mistral, got `mamba`/,
    );
    writeFileSync(join(folder(), "odd", "config.json"), '{"model_type":"opt","hidden_size":"many"}');
    expect(await message({ paths: ["odd"] })).to.match(/config\.json: /);
    const two = { paths: [join(fixtures, "opt"), join(fixtures, "opt-post-norm")] };
    expect(await message(two)).to.match(/expected its step in its name/);
    const opt = { paths: [join(fixtures, "opt")] };
    expect(await message(opt, { model: { n_ctx: 64 } })).to.match(/model\.n_ctx: expected at most 32/);
    expect(await message({ ...opt, text: "next" })).to.match(/observe\.text/);
  });
});
