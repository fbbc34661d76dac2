import { expect } from "chai";
import { z } from "zod";
import { type Analyzer, type AnalyzerInstance, defineAnalyzer, type Probe } from "../../../core/contract/analyzer.ts";
import { readRows } from "../../../core/record/reader.ts";
import { listRuns, readRun } from "../../../core/record/runs.ts";
import { createMemorySink } from "../../../plugins/sinks/memory.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { rejectedBy } from "../../helpers/thrown.ts";
import { lossesOf, onlyRun, trainTiny } from "../../helpers/tiny.ts";

type Instance = AnalyzerInstance<"mlp_post", Probe, "metric">;

/** An analyzer that is right in everything but these hooks. */
function analyzer(hooks: Partial<Record<keyof Instance, unknown>>, name = "faulty"): Analyzer {
  return defineAnalyzer({
    name,
    summary: "is right but for one hook",
    options: z.strictObject({}),
    sites: ["mlp_post"],
    metrics: { metric: "Any number." },
    setup: () =>
      ({
        probe: ({ mlp_post }: { mlp_post: readonly Tensorish[] }) => ({ sums: mlp_post.map((h) => h.sum()) }),
        analyze: () => ({ metric: 1 }),
        ...hooks,
      }) as unknown as Instance,
  });
}

interface Tensorish {
  sum(): Tensorish;
  dataSync(): Float32Array;
}

const changes = { analyzers: { faulty: {} } };

describe("an analyzer whose probe", () => {
  const dir = useTempDir();
  const cases: Record<string, { probe: (sites: { mlp_post: readonly Tensorish[] }) => unknown; says: RegExp }> = {
    "reads values": { probe: ({ mlp_post }) => mlp_post[0]!.sum().dataSync(), says: /reads .*dataSync/ },
    throws: {
      probe: () => {
        throw new Error("no luck");
      },
      says: /no luck/,
    },
    "returns a number": { probe: () => ({ x: 3 }), says: /x must be a tensor, got a number/ },
    "returns a lone tensor": { probe: ({ mlp_post }) => mlp_post[0], says: /must return named tensors/ },
    "is asynchronous": { probe: async () => ({}), says: /must return named tensors, .* got a promise/ },
    "draws random numbers": { probe: () => ({ x: Math.random() }), says: /random/ },
  };
  for (const engine of ["onnx", "wasm"]) {
    for (const [what, { probe, says }] of Object.entries(cases)) {
      it(`${what} stops the run before it starts, on ${engine}`, async () => {
        const observer = { step: () => expect.fail("a step was made") };
        const options = { changes: { ...changes, engine }, analyzers: [analyzer({ probe })], observer };
        const error = await rejectedBy(trainTiny(dir(), options));
        expect(error.code).to.equal("engine.step");
        expect(error.exitCode).to.equal(2);
        expect(error.message)
          .to.match(/^faulty: probe: /)
          .and.to.match(says);
        expect(listRuns(`${dir()}/runs`).runs).to.deep.equal([]);
      });
    }
  }

  it("returns more than may cross to the host is told so, with the size", async () => {
    const probe = ({ mlp_post }: { mlp_post: readonly { tile(times: number[]): unknown }[] }) => {
      return { huge: mlp_post[0]!.tile([1500, 20, 1]) };
    };
    const onnx = { ...changes, engine: "onnx" }; // it learns the size from the shapes, before anything is computed
    const error = await rejectedBy(trainTiny(dir(), { changes: onnx, analyzers: [analyzer({ probe })] }));
    expect(error.message).to.match(/probes return \d+ MiB a step, more than 256 MiB; .*probe\/faulty\/huge/);
  });

  it("fails in the middle of a run, while the step before is being recorded, loses no row of before", async () => {
    let calls = 0; // the wasm engine runs it at every step
    const probe = ({ mlp_post }: { mlp_post: readonly Tensorish[] }) => {
      if (++calls === 6) throw new Error("no luck");
      return { sum: mlp_post[0]!.sum() };
    };
    const analyze = async () => {
      for (let i = 0; i < 20; i++) await new Promise(setImmediate);
      return { metric: 1 };
    };
    const options = { changes: { ...changes, engine: "wasm" }, analyzers: [analyzer({ probe, analyze })] };
    const error = await rejectedBy(trainTiny(dir(), options));
    expect(error.exitCode).to.equal(1);
    const [, step] = /^step (\d+): faulty: probe: no luck/.exec(error.message) ?? [];
    const run = onlyRun(dir());
    expect(await lossesOf(run)).to.have.length(Number(step) - 1);
    expect(readRun(run).state).to.equal("failed");
  });

  it("returns nothing is still asked to analyze", async () => {
    const result = await trainTiny(dir(), { changes, analyzers: [analyzer({ probe: () => ({}) })] });
    expect(result.last["faulty/metric"]).to.equal(1);
  });
});

describe("an analyzer that", () => {
  const dir = useTempDir();

  const throwing = (at: number, hook: string) => {
    let calls = 0;
    return {
      [hook]: () => {
        if (++calls === at) throw new Error("no luck");
        return { metric: 1 };
      },
    };
  };
  for (const [hook, step] of [
    ["onRunStart", 0],
    ["onStep", 3],
    ["onEval", 5],
    ["onCheckpoint", 4],
    ["save", 4],
    ["analyze", 3],
  ] as const) {
    it(`throws in ${hook} stops the run: plugin, hook and step named, the rows before safe, the sinks closed`, async () => {
      const { sink, memory } = createMemorySink();
      const call = hook === "onStep" || hook === "analyze" ? 3 : 1;
      const options = {
        changes: { ...changes, sinks: { json: {}, memory: {} } },
        analyzers: [analyzer(throwing(call, hook))],
        sinks: [sink],
      };
      const error = await rejectedBy(trainTiny(dir(), options));
      expect(error.code).to.equal("plugin.failed");
      expect(error.exitCode).to.equal(1);
      expect(error.message).to.equal(`faulty: ${hook} failed at step ${step}: no luck`);
      const { dir: runDir, run, state } = readRun(onlyRun(dir()));
      expect(state).to.equal("failed");
      expect(run.attempts[0]?.outcome?.reason).to.equal(error.message);
      expect(memory.outcome).to.deep.include({ state: "failed", reason: error.message });
      const recorded = hook === "onStep" || hook === "analyze" || hook === "onEval" ? step - 1 : step;
      expect(await lossesOf(runDir)).to.have.length(recorded);
      expect(memory.rows).to.have.length(recorded);
    });
  }

  it("throws in setup, or sets up nothing to call, stops the run before it starts", async () => {
    const broken = { ...analyzer({}), setup: () => throwing(1, "x").x!() as never };
    const thrown = await rejectedBy(trainTiny(dir(), { changes, analyzers: [broken] }));
    expect(thrown.message).to.equal("faulty: setup failed at step 0: no luck");
    const empty = await rejectedBy(trainTiny(dir(), { changes, analyzers: [analyzer({ analyze: undefined })] }));
    expect(empty.code).to.equal("plugin.invalid");
    expect(empty.message).to.include("`setup` to return `analyze`");
    expect(listRuns(`${dir()}/runs`).runs).to.deep.equal([]);
  });

  it("throws in onRunEnd is reported; the run is finished all the same", async () => {
    const warnings: string[] = [];
    const observer = { warning: (message: string) => void warnings.push(message) };
    let told = 0;
    const other = analyzer({ onRunEnd: () => void told++ }, "other");
    const analyzers = [analyzer(throwing(1, "onRunEnd")), other];
    const both = { analyzers: { faulty: {}, other: {} } };
    const result = await trainTiny(dir(), { changes: both, analyzers, observer });
    expect(result.outcome.state).to.equal("finished");
    expect(result.failedPlugins).to.deep.equal(["faulty"]);
    expect(warnings).to.deep.equal(["faulty: onRunEnd failed at step 12: no luck"]);
    expect(told).to.equal(1);
  });

  it("cannot load what it saved stops the resume, and the run stays as it was", async () => {
    const data = new Float32Array(1);
    const stop = new AbortController();
    const saving = { save: () => ({ x: { shape: [1], data } }) };
    const observer = { step: () => stop.abort("test") };
    await trainTiny(dir(), { changes, analyzers: [analyzer(saving)], signal: stop.signal, observer });
    const analyzers = [analyzer({ ...saving, ...throwing(1, "load") })];
    const error = await rejectedBy(trainTiny(dir(), { resume: "latest", analyzers }));
    expect(error.message).to.match(/^faulty: load failed at step \d+: no luck$/);
    expect(readRun(onlyRun(dir())).state).to.equal("interrupted");
  });

  for (const [what, state, says] of [
    [
      "a promise",
      Promise.resolve({}),
      /save failed at step 4: its result: expected an object of arrays, got a promise/,
    ],
    ["a plain list", { x: [1, 2] }, /save failed at step 4: x: expected \{ shape, data \}/],
  ] as const) {
    it(`saves ${what} is told so`, async () => {
      const error = await rejectedBy(trainTiny(dir(), { changes, analyzers: [analyzer({ save: () => state })] }));
      expect(error.message).to.match(says);
    });
  }

  it("returns NaN and infinities has them kept as they are", async () => {
    const metric = () => ({ metric: [Number.NaN, Number.NEGATIVE_INFINITY] });
    const result = await trainTiny(dir(), { changes, analyzers: [analyzer({ analyze: metric })] });
    const { rows } = await readRows(result.dir);
    for (const { metrics } of rows) {
      expect(metrics["faulty/metric/layer_0"]).to.be.NaN;
      expect(metrics["faulty/metric/layer_1"]).to.equal(Number.NEGATIVE_INFINITY);
    }
  });

  for (const [what, values, says] of [
    ["a metric that it does not declare", { other: 1 }, "`other`: expected one of its declared metrics"],
    ["a name from Object's prototype", { constructor: 1 }, "`constructor`: expected one of its declared metrics"],
    ["too few layers", { metric: [1] }, "metric: expected 2 values (one for each layer), got 1"],
    ["a text", { metric: "1" }, "faulty/metric: expected a number, or { shape, data }"],
    ["null", { metric: null }, "faulty/metric: expected a number, or { shape, data }"],
    ["nothing at all", undefined, "its result: expected an object of metrics, got nothing"],
    [
      "an array that is not as long as its shape",
      { metric: { shape: [2, 3], data: new Float32Array(5) } },
      "faulty/metric: expected 6 elements for the shape [2 3], got 5",
    ],
    [
      "an array of a type that cannot be stored",
      { metric: { shape: [1], data: new BigInt64Array(1) } },
      "faulty/metric: expected a number, or { shape, data }",
    ],
  ] as const) {
    it(`returns ${what} is told so, with its name and the step`, async () => {
      const error = await rejectedBy(trainTiny(dir(), { changes, analyzers: [analyzer({ analyze: () => values })] }));
      expect(error.message).to.include(`faulty: analyze failed at step 1: ${says}`);
    });
  }

  it("is called `train` would overwrite the trainer's metrics, and is refused", async () => {
    const named = analyzer({}, "train");
    const error = await rejectedBy(trainTiny(dir(), { changes: { analyzers: { train: {} } }, analyzers: [named] }));
    expect(error.code).to.equal("plugin.invalid");
  });
});
