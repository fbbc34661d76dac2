import { expect } from "chai";
import { createEagerEngine } from "../../../../core/engine/eager.ts";
import type { Engine } from "../../../../core/engine/engine.ts";
import { createOnnxEngine } from "../../../../core/engine/onnx/engine.ts";
import { expectEqualCases } from "../random-functions.ts";
import { kinds } from "./cases.ts";

const seeds = [11, 12, 13, 14, 15, 16];

describe("random small functions", () => {
  let cpu: Engine;
  let onnx: Engine;
  before(async () => {
    cpu = await createEagerEngine("cpu", { threads: 0 });
    onnx = await createOnnxEngine({ threads: 1 });
  });

  for (const seed of seeds) {
    it(`give what the eager cpu engine gives (seed ${seed}, ${Object.keys(kinds).length} cases)`, () =>
      expectEqualCases(onnx, cpu, seed));
  }
  it("are at least 500", () => {
    expect(seeds.length * Object.keys(kinds).length).at.least(500);
  });
});
