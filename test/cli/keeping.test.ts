import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { command } from "../helpers/command.ts";
import { writeSyntheticRun } from "../helpers/synthetic-runs.ts";
import { removeTempFolders, tempFolder } from "../helpers/temp.ts";

describe("experiment tag, note, rm, restore", () => {
  after(removeTempFolders);

  it("keeps tags, a note and a name in a file of their own, and leaves run.json as it was", async () => {
    const cwd = tempFolder();
    const dir = writeSyntheticRun(join(cwd, "runs"), { id: "a", rows: 5, outcome: "finished" });
    const before = readFileSync(join(dir, "run.json"), "utf8");
    expect((await command(["tag", "a", "--add", "paper", "--add", "old"], { cwd })).stdout).to.equal("a: paper, old\n");
    expect((await command(["tag", "a", "--remove", "old", "--json"], { cwd })).stdout).to.match(
      /"tags":\s*\[\s*"paper"\s*\]/,
    );
    expect((await command(["note", "a", "lr too high?", "--name", "baseline"], { cwd })).stdout).to.equal(
      "name: baseline\nlr too high?\n",
    );
    expect(JSON.parse(readFileSync(join(dir, "labels.json"), "utf8"))).to.deep.equal({
      name: "baseline",
      tags: ["paper"],
      note: "lr too high?",
      archived: false,
    });
    expect(readFileSync(join(dir, "run.json"), "utf8")).to.equal(before);
    const listed = (await command(["list"], { cwd })).stdout.split("\n").map((line) => line.split(/ {2,}/).slice(0, 4));
    expect(listed.slice(0, 2), "as the page shows it").to.deep.equal([
      ["id", "name", "tags", "state"],
      ["a", "baseline", "paper", "finished"],
    ]);
    const odd = await command(["tag", "a", "--add", "a,b"], { cwd });
    expect([odd.code, odd.stderr]).to.deep.equal([
      2,
      'experiment: tags: expected 1 to 64 characters without commas, got "a,b".\n',
    ]);
  });

  it("moves a run to the trash only when it is told to, and takes it back whole", async () => {
    const cwd = tempFolder();
    const dir = writeSyntheticRun(join(cwd, "runs"), { id: "a", rows: 5, outcome: "finished" });
    const asked = await command(["rm", "a"], { cwd });
    expect([asked.code, existsSync(dir)]).to.deep.equal([2, true]);
    expect(asked.stderr).to.contain("Add --yes to do it");
    expect((await command(["rm", "a", "--yes"], { cwd })).code).to.equal(0);
    expect([existsSync(dir), existsSync(join(cwd, "runs/.trash/a/rows.jsonl"))]).to.deep.equal([false, true]);
    expect((await command(["restore"], { cwd })).stdout).to.equal("trash: a\narchive: empty\n");
    expect((await command(["restore", "a"], { cwd })).stdout).to.equal("a: back in the list\n");
    expect(existsSync(join(dir, "rows.jsonl"))).to.equal(true);
    const missing = await command(["restore", "b"], { cwd });
    expect([missing.code, missing.stderr]).to.deep.equal([
      2,
      "experiment: no run `b` in the trash. The trash is empty.\n",
    ]);
  });

  it("archives without moving anything", async () => {
    const cwd = tempFolder();
    const dir = writeSyntheticRun(join(cwd, "runs"), { id: "a", rows: 5, outcome: "finished" });
    await command(["rm", "a", "--archive"], { cwd });
    expect((await command(["restore"], { cwd })).stdout).to.equal("trash: empty\narchive: a\n");
    const listed = (await command(["list"], { cwd })).stdout;
    expect(listed).not.to.match(/^a /m);
    expect(listed).to.contain("1 archived: `experiment restore` lists what is put aside.");
    expect(existsSync(join(dir, "rows.jsonl"))).to.equal(true);
    await command(["restore", "a"], { cwd });
    expect((await command(["restore"], { cwd })).stdout).to.equal("trash: empty\narchive: empty\n");
  });
});
