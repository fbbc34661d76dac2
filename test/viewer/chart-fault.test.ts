import { expect } from "chai";
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
