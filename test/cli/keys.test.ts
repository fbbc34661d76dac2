import { PassThrough } from "node:stream";
import { expect } from "chai";
import { onQuit } from "../../cli/keys.ts";
import { fittingLines } from "../../viewer/terminal.ts";

/** What a terminal is asked to do, and what is typed into it. */
function terminal() {
  const modes: boolean[] = [];
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (raw: boolean) => {
      modes.push(raw);
      return input as never;
    },
  });
  return { input, modes };
}

describe("onQuit", () => {
  for (const [name, key] of [
    ["q", "q"],
    ["Ctrl-C, which a raw terminal sends as a key", "\u0003"],
  ] as const) {
    it(`leaves on ${name}, and on no other key`, async () => {
      const { input, modes } = terminal();
      let quits = 0;
      const restore = onQuit(input as never, () => quits++);
      input.write("x");
      await new Promise(setImmediate);
      expect(quits).to.equal(0);
      input.write(key);
      await new Promise(setImmediate);
      restore();
      expect([quits, modes, input.listenerCount("data")]).to.deep.equal([1, [true, false], 0]);
    });
  }

  it("leaves input that is no terminal alone", () => {
    const { input, modes } = terminal();
    onQuit({ ...input, isTTY: false } as never, () => expect.fail())();
    expect(modes).to.deep.equal([]);
  });
});

describe("the screen of a run", () => {
  it("keeps its head in a low window, and says what it leaves out", () => {
    const lines = ["a run", "step 3/4", ...Array.from({ length: 30 }, (_, i) => `row ${i}`)];
    const fitting = fittingLines(lines, 19);
    expect(fitting).to.have.length(19);
    expect(fitting.slice(0, 3)).to.deep.equal(lines.slice(0, 3));
    expect(fitting.at(-1)).to.equal("… 14 more lines: a taller window shows them");
    expect(fittingLines(lines, 32)).to.deep.equal(lines);
  });
});
