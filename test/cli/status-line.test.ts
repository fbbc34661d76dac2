import { expect } from "chai";
import { createProgress } from "../../cli/progress.ts";
import { bar, createStatusLine } from "../../cli/status-line.ts";

/** A stream that keeps what is written. */
function stream(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  return { written, isTTY, columns, write: (text: string) => void written.push(text) };
}
const erase = "\r\u001b[2K";

describe("createStatusLine", () => {
  it("draws a bar on a terminal, in place, and takes it away before a line is printed", () => {
    const out = stream(true);
    const line = createStatusLine(out);
    line.progress(1, 4);
    line.progress(4, 4);
    line.print("done");
    line.clear();
    expect(out.written).to.deep.equal([
      `${erase}[=====               ] 1/4 rows`,
      `${erase}[====================] 4/4 rows`,
      erase,
      "done\n",
    ]);
  });

  it("draws nothing elsewhere, and prints lines all the same", () => {
    const out = stream(false);
    const line = createStatusLine(out);
    line.progress(1, 4);
    line.draw("text");
    line.warn("a\nb\u001b[31m");
    line.clear();
    expect(out.written).to.deep.equal(["warning: a b\n"]);
  });

  it("never draws past the edge, where a terminal would begin a new line", () => {
    const out = stream(true, 12);
    createStatusLine(out).progress(123, 456);
    expect(out.written).to.deep.equal([`${erase}[=====     `]);
  });
});

describe("bar", () => {
  it("is full where there is nothing to do, and stays within its ends", () => {
    const bars = [bar(0, 0, 4), bar(9, 3, 4), bar(-1, 3, 4), bar(1, 2, 4)];
    expect(bars).to.deep.equal(["[====]", "[====]", "[    ]", "[==  ]"]);
  });
});

describe("a terminal that calls itself dumb", () => {
  const { TERM } = process.env;
  before(() => {
    process.env.TERM = "dumb";
  });
  after(() => {
    if (TERM === undefined) delete process.env.TERM;
    else process.env.TERM = TERM;
  });

  it("gets whole lines and no escape sequence", () => {
    const out = { text: "", isTTY: true, write: (text: string) => (out.text += text) };
    const line = createStatusLine(out);
    line.draw("drawn over");
    line.progress(1, 2);
    line.print("a line");
    expect(out.text).to.equal("a line\n");
  });
});

describe("createProgress", () => {
  it("shows steps, then what sinks send at the end, on one line that is gone when the run has ended", () => {
    const out = stream(true);
    const progress = createProgress(out, () => 0);
    progress.step?.({ step: 2, steps: 2, loss: 1, tokensPerSecond: 1, remainingMs: 0 });
    progress.progress?.(5, 10);
    progress.warning?.("slow");
    progress.ended?.();
    expect(out.written[0]).to.match(/^\r\u001b\[2K\[={20}\] .*2\/2/);
    expect(out.written.slice(1)).to.deep.equal([`${erase}[==========          ] 5/10 rows`, erase, "warning: slow\n"]);
  });
});
