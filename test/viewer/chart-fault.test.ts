import { expect } from "chai";
import type { Analyzer } from "../../core/contract/analyzer.ts";
import { builtIns } from "../../plugins/index.ts";
import { chartFault } from "../../viewer/charts/chart-fault.ts";

const chart = { section: "my_own", id: "use", title: "Use", description: "", data: "scalars" } as const;
const metrics = ["my_own/use_token", "my_own/score", "train/loss"];

describe("chartFault", () => {
  it("names plugin, chart, fault and what may have been meant", () => {
    expect(chartFault({ ...chart, only: ["use_tokn"], spec: { mark: "line" } }, metrics)).to.equal(
      "Chart `use` of my-own: `only` names `use_tokn`, which the plugin does not declare. Did you mean `use_token`?",
    );
    expect(chartFault({ ...chart, spec: { layer: [{ mark: { type: "lin" } }] } }, metrics)).to.equal(
      "Chart `use` of my-own: there is no mark `lin`. Did you mean `line`?",
    );
  });

  for (const [what, spec] of [
    [
      "impute",
      { transform: [{ impute: "value", key: "step", keyvals: { start: 0, stop: 3e8, step: 1 } }], mark: "point" },
    ],
    ["density", { transform: [{ density: "value", steps: 1e9 }], mark: "line" }],
    ["bins", { mark: "bar", encoding: { x: { field: "value", bin: { maxbins: 1e8 } } } }],
    ["expression", { transform: [{ calculate: "sequence(0, 3e8)", as: "z" }], mark: "point" }],
    ["no step", { transform: [{ impute: "value", key: "step", keyvals: { stop: 5, step: 0 } }], mark: "point" }],
  ] as const) {
    it(`stops at what would be made out of nothing: ${what}`, () => {
      expect(chartFault({ ...chart, spec }, metrics)).to.match(
        /^Chart `use` of my-own: `\w+` (asks for|calls) .*not drawn/,
      );
    });
  }

  it("lets every built-in chart through", async () => {
    for (const load of Object.values(builtIns.analyzer!)) {
      const { charts = [], name } = (await load()) as Analyzer;
      for (const one of charts)
        expect(chartFault({ ...one, section: name.replaceAll("-", "_") }, []), one.id).to.equal(undefined);
    }
  });

  it("finds nothing in a sound chart, whatever its events are called", () => {
    expect(chartFault({ ...chart, only: ["score"], spec: { facet: {}, spec: { mark: "bar" } } }, metrics)).to.equal(
      undefined,
    );
    expect(chartFault({ ...chart, data: "events", only: ["death"], spec: { mark: "tick" } }, metrics)).to.equal(
      undefined,
    );
    expect(
      chartFault({ ...chart, only: ["score"], spec: { mark: "bar" } }, []),
      "a run that declares nothing",
    ).to.equal(undefined);
  });
});
