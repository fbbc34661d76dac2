import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "chai";
import { listRuns, resolveRun } from "../../../core/record/runs.ts";
import { makeRun } from "../../helpers/run-file.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { thrownBy } from "../../helpers/thrown.ts";

describe("listRuns", () => {
  const root = useTempDir();

  it("finds none where the folder is not there yet", () => {
    expect(listRuns(join(root(), "none"))).to.deep.equal({ runs: [], damaged: [] });
  });

  it("lists the oldest first, passes over what is no run, and names what is damaged", () => {
    makeRun(root(), { id: "b", createdAt: 1 });
    makeRun(root(), { id: "a", createdAt: 2 });
    mkdirSync(join(root(), "notes"));
    writeFileSync(join(root(), "file"), "");
    writeFileSync(join(makeRun(root(), { id: "broken" }), "run.json"), "{");
    const { runs, damaged } = listRuns(root());
    expect(runs.map(({ run }) => run.id)).to.deep.equal(["b", "a"]);
    expect(damaged.map(({ dir }) => basename(dir))).to.deep.equal(["broken"]);
    expect(damaged[0]?.problem).to.contain("run.json: not JSON");
  });

  it("names a run whose run.json has more in it than one has, and lists the others", () => {
    makeRun(root(), { id: "sound" });
    const nested = "[".repeat(70) + "]".repeat(70);
    const keys = Array.from({ length: 300_000 }, (_, i) => `"k${i}":1`).join(",");
    for (const [id, text] of [
      ["deep", nested],
      ["many", `{${keys}}`],
    ] as const) {
      writeFileSync(join(makeRun(root(), { id }), "run.json"), text);
    }
    const { runs, damaged } = listRuns(root());
    expect(runs.map(({ run }) => run.id)).to.deep.equal(["sound"]);
    expect(damaged.map(({ problem }) => problem.replace(/^.*run\.json: /, ""))).to.deep.equal([
      "more than 64 maps or lists within each other.",
      "more than 200000 values.",
    ]);
  });
});

describe("resolveRun", () => {
  const root = useTempDir();
  const found = (ref: string) => basename(resolveRun(root(), ref));
  beforeEach(() => {
    makeRun(root(), { id: "20261123-215501-k3f9", name: "wide", createdAt: 1 });
    makeRun(root(), { id: "20261123-215502-aaaa", name: "twice", createdAt: 3 });
    makeRun(root(), { id: "20261124-000000-bbbb", name: "twice", createdAt: 2 });
  });

  it("takes an id, the beginning of one, a name, a path, or latest", () => {
    expect(found("20261123-215501-k3f9")).to.equal("20261123-215501-k3f9");
    expect(found("20261124")).to.equal("20261124-000000-bbbb");
    expect(found("wide")).to.equal("20261123-215501-k3f9");
    expect(found(join(root(), "20261123-215501-k3f9"))).to.equal("20261123-215501-k3f9");
    expect(found("latest")).to.equal("20261123-215502-aaaa");
  });

  it("finds by path what is not in the folder of runs", () => {
    expect(basename(resolveRun(join(root(), "elsewhere"), join(root(), "20261124-000000-bbbb", ".")))).to.equal(
      "20261124-000000-bbbb",
    );
  });

  it("lists the candidates of what several runs share", () => {
    for (const ref of ["twice", "2026"]) {
      const error = thrownBy(() => resolveRun(root(), ref));
      expect(error.code).to.equal("run.notFound");
      expect(error.message).to.contain("20261123-215502-aaaa").and.contain("20261124-000000-bbbb");
    }
  });

  it("names the nearest of what it does not find", () => {
    expect(thrownBy(() => resolveRun(root(), "wdie")).message).to.contain("Did you mean `wide`?");
    expect(thrownBy(() => resolveRun(root(), "20261123-215501-k3f8")).message).to.contain("-k3f9`?");
  });

  it("finds nothing by hostile names", () => {
    for (const ref of ["", "..", "../x", "a\u0000b", "x".repeat(100_000), "__proto__", "%2e%2e", "\u202elatest"]) {
      expect(thrownBy(() => resolveRun(root(), ref)).code, JSON.stringify(ref.slice(0, 20))).to.equal("run.notFound");
    }
  });

  it("says how to begin when there are no runs", () => {
    const error = thrownBy(() => resolveRun(join(root(), "none"), "latest"));
    expect(error.code).to.equal("run.notFound");
    expect(error.message).to.contain("experiment train");
    expect(error.exitCode).to.equal(2);
  });
});
