import { expect } from "chai";
import { createRandom } from "../../../core/arrays/random.ts";

describe("normals", () => {
  /** What `normal` gives, and the state behind it. */
  const oneByOne = (length: number, scale: number) => {
    const random = createRandom(7, "weights");
    const values = new Float32Array(length).map(() => scale * random.normal());
    return { values, state: random.state() };
  };

  for (const [length, how] of [
    [0, "none"],
    [1001, "a few"],
    [17 * 2 ** 18 + 12_345, "millions, which threads share"],
  ] as const)
    it(`gives to the last bit what one call of normal after another gives: ${how}`, () => {
      const scale = 0.02 / Math.sqrt(12);
      const expected = oneByOne(length, scale);
      const random = createRandom(7, "weights");
      const values = new Float32Array(length);
      random.normals(values, scale);
      expect(values.findIndex((value, i) => !Object.is(value, expected.values[i]))).to.equal(-1);
      expect(random.state()).to.deep.equal(expected.state);
      expect(random.next()).to.equal(nextAfter(expected.state));
    });

  it("goes on where it ended: two arrays are one stream", () => {
    const { values } = oneByOne(5000, 1);
    const random = createRandom(7, "weights");
    const [first, second] = [new Float32Array(1234), new Float32Array(5000 - 1234)];
    random.normals(first, 1);
    random.normals(second, 1);
    expect([...first, ...second]).to.deep.equal([...values]);
  });
});

function nextAfter(state: Uint32Array): number {
  const random = createRandom(0, "any");
  random.restore(state);
  return random.next();
}
