import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { loadHubTokenizer } from "../../../core/data/tokenizers/hub.ts";
import { makeOwnFolder } from "../../../core/files/own-file.ts";
import { openRegularHandle, readRegularText } from "../../../core/files/regular-file.ts";
import { readLabels } from "../../../core/record/labels.ts";
import { readEvents, readRows } from "../../../core/record/reader.ts";
import { listRuns } from "../../../core/record/runs.ts";
import { lastRow } from "../../../core/record/tail.ts";
import { openWeights } from "../../../core/weights/folder.ts";
import { builtIns } from "../../../plugins/index.ts";
import { isSynced, uploadBegun } from "../../../plugins/sinks/wandb/log/progress.ts";
import { findCheckpoints } from "../../../studies/observe/find.ts";
import { architectureOf } from "../../../studies/observe/hub.ts";
import { readCharts } from "../../../viewer/tables.ts";
import { makeRun } from "../../helpers/run-file.ts";
import { useTempDir } from "../../helpers/temp.ts";

const onPosix = process.platform === "win32" ? it.skip : it;

describe("readRegularText", () => {
  const dir = useTempDir();
  const path = () => join(dir(), "x.json");

  it("gives a file, also through a link, and says what is too large", () => {
    writeFileSync(join(dir(), "real"), "ärger");
    symlinkSync("real", path());
    expect(readRegularText(path(), 6)).to.equal("ärger");
    expect(() => readRegularText(path(), 5)).to.throw("expected a file, got 0.000 MiB; the most is 0.000 MiB");
    expect(() => readRegularText(join(dir(), "none"), 5)).to.throw("ENOENT");
  });

  onPosix("waits for no pipe, socket, folder or device", async () => {
    const refused = async (what: string, of = path()) => {
      expect(() => readRegularText(of, 100)).to.throw(what);
      const opened = await openRegularHandle(of).catch((thrown: Error) => thrown.message);
      expect(opened).to.include(what);
    };
    await refused("expected a file, got a device", "/dev/zero");
    execFileSync("mkfifo", [path()]);
    await refused("expected a file, got a pipe");
    rmSync(path());
    mkdirSync(path());
    await refused("expected a file, got a folder");
    rmSync(path(), { recursive: true });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path(), resolve));
    await refused("ENXIO"); // the system's own word: a socket cannot be opened
    await new Promise((resolve) => server.close(resolve));
  });
});

describe("a pipe in a folder that came from somebody", () => {
  const dir = useTempDir();
  const pipe = (name: string) => execFileSync("mkfifo", [join(dir(), name)]);
  const file = (name: string, text = "{}") => writeFileSync(join(dir(), name), text);
  const observed = () => ({ paths: [dir()], step_pattern: "(\\d+)" }) as never;

  onPosix("in place of a model's config, weights, index or tokenizer is refused by name", async () => {
    const refusal = async (work: () => unknown) => {
      try {
        await work();
        return "nothing";
      } catch (thrown) {
        return (thrown as Error).message;
      }
    };
    pipe("config.json");
    expect(await refusal(() => architectureOf(dir(), builtIns))).to.match(/config\.json: .*a pipe/);
    pipe("model.safetensors.index.json");
    expect(await refusal(() => openWeights(dir()))).to.match(/index\.json: .*a pipe/);
    pipe("model.safetensors");
    expect(await refusal(() => openWeights(dir()))).to.match(/model\.safetensors: .*a pipe/);
    pipe("vocab.json");
    file("merges.txt");
    expect(await refusal(() => loadHubTokenizer(dir()))).to.match(/vocab\.json: .*a pipe/);
    pipe("special_tokens_map.json");
    expect(await refusal(() => loadHubTokenizer(dir()))).to.match(/special_tokens_map\.json: .*a pipe/);
    pipe("tokenizer.json");
    rmSync(join(dir(), "special_tokens_map.json"));
    expect(await refusal(() => loadHubTokenizer(dir()))).to.match(/tokenizer\.json: .*a pipe/);
    pipe("checkpoint.json");
    expect(await refusal(() => findCheckpoints(observed(), dir()))).to.match(/checkpoint\.json: .*a pipe/);
  });

  onPosix("in place of a run's files costs that run a line, and the others nothing", async () => {
    const sound = makeRun(dir(), { id: "20260101-000000-good" });
    const run = makeRun(dir(), { id: "20260101-000000-pipe" });
    const refusal = (work: Promise<unknown>) =>
      work.then(
        () => "nothing",
        (thrown: Error) => thrown.message,
      );
    execFileSync("mkfifo", [join(run, "rows.jsonl"), join(run, "events.jsonl")]);
    for (const read of [readRows, readEvents, async (of: string) => lastRow(of)])
      expect(await refusal(read(run))).to.match(/(rows|events)\.jsonl: expected a file, got a pipe\./);
    for (const name of ["rows.jsonl", "events.jsonl"]) rmSync(join(run, name));
    for (const name of ["lock.json", "run.json"]) {
      rmSync(join(run, name), { force: true });
      execFileSync("mkfifo", [join(run, name)]);
      if (name === "run.json") rmSync(join(run, "lock.json"));
      const { runs, damaged } = listRuns(dir());
      expect(runs.map((one) => one.dir)).to.deep.equal([sound]);
      expect(damaged.map(({ problem }) => problem).join()).to.include(name);
    }
  });

  onPosix("in place of labels, charts or what is kept beside a W&B log says nothing", () => {
    for (const name of ["labels.json", "charts.json", "run-a.wandb.synced", "run-a.sync.json"]) pipe(name);
    const log = join(dir(), "run-a.wandb");
    expect(readLabels(dir()).name).to.equal("");
    expect(readCharts(dir()).problems).to.match(/a pipe/);
    expect(isSynced(log, { server: "", rows: 0, bytes: 0, exitCode: 0 })).to.equal(false);
    expect(uploadBegun(log)).to.equal(true);
  });
});

describe("makeOwnFolder", () => {
  const dir = useTempDir();

  it("makes what is missing, and nothing where a link leads out", () => {
    const [root, elsewhere] = [join(dir(), "root"), join(dir(), "elsewhere")];
    for (const one of [root, elsewhere]) mkdirSync(one);
    expect(makeOwnFolder(root, "a/b")).to.equal(join(root, "a", "b"));
    expect(makeOwnFolder(root, "a/b")).to.equal(join(root, "a", "b"));
    symlinkSync("a", join(root, "inside"));
    expect(existsSync(makeOwnFolder(root, "inside/c"))).to.equal(true);
    symlinkSync(elsewhere, join(root, "out"));
    symlinkSync(join(elsewhere, "none"), join(root, "dangling"));
    for (const name of ["out", "out/deeper", "dangling/x", "../elsewhere/y"])
      expect(() => makeOwnFolder(root, name), name).to.throw("expected a folder");
    expect(readdirSync(elsewhere)).to.deep.equal([]);
  });
});
