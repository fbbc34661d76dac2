import { expect } from "chai";
import { createRandom } from "../../core/arrays/random.ts";
import { formats } from "../../studies/formats.ts";
import type { LayerCounts } from "../../studies/paper/counts.ts";
import { paperOf } from "../../studies/paper/paper.ts";
import { paperTables } from "../../studies/paper/tables.ts";
import { switchesOf, usesOf } from "../../studies/paper/uses.ts";
import { documentsOf, layers, pos } from "../helpers/real-windows.ts";
import { removeTempFolders, tempFolder } from "../helpers/temp.ts";
import { rejectedBy } from "../helpers/thrown.ts";
import { onlyRun, trainTiny, withPlugins } from "../helpers/tiny.ts";

/** Three documents of two windows of 4 tokens: four units, that fire in every window, in one a document, in one of all, never. */
const documents = [0, 1, 2].map((d) => ({
  windows: 2,
  firings: Uint32Array.of(8, 2, d === 0 ? 1 : 0, 0),
  holders: Uint32Array.of(2, 1, d === 0 ? 1 : 0, 0),
  rank50: 4,
  top50: 5,
}));
const layer: LayerCounts = { documents, samples: [Uint8Array.of(1, 1, 0, 0), Uint8Array.of(1, 0, 1, 0)] };
const shape = { windows: 6, batch: 2, pos: 4, layers: [layer] };

describe("usesOf", () => {
  it("measures use at three levels, that of a batch as expected over all batches of the text", () => {
    const uses = usesOf(layer, shape);
    expect(uses.token.value).to.be.closeTo(31 / (6 * 4 * 4), 1e-12);
    expect(uses.sequence.value).to.be.closeTo(10 / (6 * 4), 1e-12);
    // Two of six windows miss a unit that is in three of them with 3/6 2/5, one that is in one with 5/6 4/5.
    expect(uses.batch.value).to.be.closeTo((1 + (1 - 1 / 5) + (1 - 2 / 3)) / 4, 1e-12);
    expect(uses.batch_over_token.value).to.be.closeTo(uses.batch.value / uses.token.value, 1e-12);
    expect([uses.rank50.value, uses.top50.value]).to.deep.equal([0.5, 15 / 24]);
  });

  it("takes its intervals over documents: none for one, and none where too few windows for a batch would be left", () => {
    const uses = usesOf(layer, shape);
    expect(uses.token.low).to.be.below(uses.token.value);
    const one = usesOf({ ...layer, documents: documents.slice(0, 1) }, { ...shape, windows: 2 });
    expect(one.token.low).to.be.NaN;
    expect(usesOf(layer, { ...shape, batch: 5 }).batch.value).to.be.finite;
    expect(usesOf(layer, { ...shape, batch: 5 }).batch.low).to.be.NaN;
    expect(usesOf(layer, { ...shape, batch: 7 }).batch.value).to.be.NaN;
  });
});

describe("usesOf, documents of real text by lot", () => {
  for (const layer of layers) {
    it(`gives ${layer} intervals that hold the truth as often as they say`, () => {
      const random = createRandom(6, layer);
      const all = documentsOf(layer).map((one) => ({ ...one, rank50: 0, top50: 0 }));
      const uses = (own: typeof all) => {
        const windows = own.reduce((sum, one) => sum + one.windows, 0);
        return usesOf(
          { documents: own, samples: [new Uint8Array(), new Uint8Array()] },
          { windows, batch: 4, pos, layers: [] },
        );
      };
      const truth = uses(all);
      const sets = Array.from({ length: 500 }, () =>
        uses(Array.from({ length: 12 }, () => all[random.integer(all.length)]!)),
      );
      for (const name of ["token", "batch_over_token"] as const) {
        const held = sets.filter(
          (one) => one[name].low <= truth[name].value && truth[name].value <= one[name].high,
        ).length;
        expect(held / sets.length, name).to.be.within(0.93, 0.985);
      }
    });
  }
});

describe("switchesOf", () => {
  it("counts units that turn on and off beside what another sample does at the same time", () => {
    const later: LayerCounts = { documents, samples: [Uint8Array.of(0, 0, 0, 0), Uint8Array.of(0, 0, 0, 1)] };
    expect(switchesOf(layer, later)).to.deep.equal({
      on: 2,
      off: 2,
      turnedOff: 2,
      turnedOn: 1,
      nullOff: 1,
      nullOn: 1,
    });
  });
});

describe("paperOf", function () {
  this.timeout(120_000);
  after(removeTempFolders);
  const plugins = withPlugins({});
  const dirs: string[] = [];
  before(async () => {
    for (const seed of [3, 4]) {
      const folder = tempFolder();
      const changes = { seed, checkpoint: { every: 4, keep_every: 4, keep_last: 1 }, analyzers: {} };
      await trainTiny(folder, { changes });
      dirs.push(onlyRun(folder));
    }
  });

  it("measures every common checkpoint at the batch that is asked for, with intervals over seeds", async () => {
    const report = await paperOf({ dirs, tokens: 30 }, plugins);
    expect([report.tokens, report.steps]).to.deep.equal([32, [4, 8, 12]]);
    for (const { checkpoints, switches, prune } of report.runs) {
      expect(switches.map(({ from, to }) => [from, to])).to.deep.equal([[4, 8], [8, 12]]); // biome-ignore format: pairs
      for (const { token, sequence, batch } of checkpoints.flatMap(({ layers }) => layers)) {
        expect(token.value).to.be.at.most(sequence.value);
        expect(sequence.value).to.be.at.most(batch.value + 1e-12);
      }
      expect(prune.step).to.equal(12);
      for (const { removed, accuracyChange } of prune.removals) {
        if (removed === "silent") expect(accuracyChange).to.be.within(-1e-6, 1e-6);
      }
    }
    const [a, b] = report.runs.map(({ checkpoints }) => checkpoints[2]!.layers[1]!.token.value) as [number, number];
    expect(report.seeds![2]![1]!.token.value).to.be.closeTo((a + b) / 2, 1e-12);
    const tables = paperTables(report);
    const ids = tables.map(({ id }) => id);
    expect(ids).to.deep.equal(["table-1", "figure-1", "figure-2", "table-2-seed-3", "table-2-seed-4", "pruning"]);
    for (const { head, rows } of tables) for (const row of rows) expect(row).to.have.length(head.length);
    expect(tables[0]!.rows.map((row) => row[4])).to.deep.equal(["13.3 %", "95.6 %"]);
  });

  it("asks for checkpoints that are there, and for held-out text enough", async () => {
    expect((await rejectedBy(paperOf({ dirs, tokens: 32, at: [5] }, plugins))).code).to.equal("usage");
    const short = await rejectedBy(paperOf({ dirs, tokens: 1e6, at: [4] }, plugins));
    expect(short.message).to.match(/expected at least \d+ held-out windows of 16 tokens, two batches, got \d+/);
  });
});

describe("formats", () => {
  const tables = [
    { id: "a", title: "T & <b>", note: "50 % ± 1_2 | x", head: ["k", "v"], rows: [["=1+1", 'say "x", y'], ["-1", "a|b"]] }, // biome-ignore format: one line
  ];
  it("write what the cells say, and nothing that a reader would run", () => {
    expect(formats.csv(tables)).to.equal('table,k,v\r\na,\'=1+1,"say ""x"", y"\r\na,-1,a|b\r\n');
    expect(formats.md(tables, "P")).to.include("| -1 | a\\|b |");
    expect(formats.tex(tables)).to.include("\\caption{T \\& <b>. 50 \\% $\\pm$ 1\\_2 | x}");
    expect(formats.html(tables, "P")).to.include("<h2>T &#38; &#60;b&#62;</h2>").and.not.include("<b>");
  });
});
