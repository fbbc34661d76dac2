import { expect } from "chai";
import { age, configValue, jsonText, moment, shortNumber } from "../../cli/numbers.ts";
import { bold, sanitise, table } from "../../cli/terminal.ts";

describe("sanitise", () => {
  it("leaves nothing that moves the cursor, colours, breaks a line or turns the direction", () => {
    expect(sanitise("\u001b[31mred\u001b[0m \u001b]0;title\u0007x")).to.equal("red x");
    expect(sanitise("a\nb\r\nc\td\u0000e\u009b31mf\u2028g")).to.match(/^a b c de(31m)?f g$/);
    expect(sanitise("abc\u202egnp.exe\u200b\u2066")).to.equal("abcgnp.exe");
  });

  it("keeps every script, and cuts by characters, not by halves of one", () => {
    expect(sanitise("naïve 名前 🙂")).to.equal("naïve 名前 🙂");
    expect(sanitise("🙂🙂🙂🙂", 3)).to.equal("🙂🙂…");
  });
});

describe("table", () => {
  it("aligns columns two spaces apart", () => {
    expect(
      table([
        ["a", "bb"],
        ["ccc", "d"],
      ]),
    ).to.equal("a    bb\nccc  d");
  });

  it("aligns numbers to the right", () => {
    const rows = [
      ["metric", "A"],
      ["loss", "12.5"],
    ];
    expect(table(rows, { align: "right" })).to.equal("metric     A\nloss    12.5");
  });

  it("counts columns of the terminal, not characters", () => {
    expect(
      table([
        ["名前", "x"],
        ["e\u0301", "y"],
        ["\u001b[1mbold\u001b[22m", "z"],
      ])
        .split("\n")
        .map((line) => line.length),
    ).to.deep.equal(["名前  x".length, 2 + 3 + 2 + 1, "\u001b[1mbold\u001b[22m  z".length]);
  });
});

describe("bold", () => {
  const saved = { ...process.env };
  afterEach(() => {
    for (const name of ["NO_COLOR", "FORCE_COLOR"]) {
      if (saved[name] === undefined) delete process.env[name];
      else process.env[name] = saved[name];
    }
  });

  it("is plain where NO_COLOR is set and styled where FORCE_COLOR is", () => {
    delete process.env.FORCE_COLOR;
    process.env.NO_COLOR = "1";
    expect(bold("x")).to.equal("x");
    process.env.FORCE_COLOR = "1";
    expect(bold("x")).to.equal("\u001b[1mx\u001b[22m");
  });
});

describe("shortNumber", () => {
  it("keeps four significant digits and every oddity", () => {
    const values = [0.123456, 1234567, 0, -0.00001234, Number.NaN, -Infinity, 300, undefined];
    expect(values.map(shortNumber)).to.deep.equal([
      "0.1235",
      "1.23e+6",
      "0",
      "-1.23e-5",
      "NaN",
      "-Infinity",
      "300",
      "",
    ]);
  });
});

describe("age, moment, configValue, jsonText", () => {
  it("say enough and never throw", () => {
    expect([5e3, 300e3, 3 * 3600e3, 8 * 86400e3, -1].map((ms) => age(0, ms))).to.deep.equal([
      "5 s",
      "5 min",
      "3 h",
      "8 d",
      "0 s",
    ]);
    expect(moment(Date.UTC(2026, 10, 23, 21, 55, 1, 7))).to.equal("2026-11-23 21:55:01 UTC");
    expect(moment(1e300)).to.equal("?");
    expect([undefined, "a\nb", { x: [1] }].map(configValue)).to.deep.equal(["-", "a b", '{"x":[1]}']);
    expect(jsonText([Number.NaN, 1])).to.equal('[\n  "NaN",\n  1\n]');
  });
});
