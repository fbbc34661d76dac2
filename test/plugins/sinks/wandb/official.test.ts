import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { writeMedia } from "../../../../plugins/sinks/wandb/charts/media.ts";
import { checkpointArtifacts } from "../../../../plugins/sinks/wandb/log/checkpoint-files.ts";
import { makeLogFolder } from "../../../../plugins/sinks/wandb/log/layout.ts";
import { syncedMarker } from "../../../../plugins/sinks/wandb/log/progress.ts";
import { RunLog } from "../../../../plugins/sinks/wandb/log/run-log.ts";
import { FakeWandb } from "../../../helpers/fake-wandb.ts";
import { runStart, testRow } from "../../../helpers/rows.ts";
import { useTempDir } from "../../../helpers/temp.ts";
import { lenient } from "../../../helpers/wandb-reader.ts";
import { expectedRows, historyOf, runLogOptions, runLogStart, uploadOnce } from "../../../helpers/wandb-run.ts";

const steps = 50;

/** A container parser of a few lines and W&B's own protobuf classes. */
const readerProgram = `
import json, struct, sys, zlib
from wandb.proto import wandb_internal_pb2 as pb
data, at, open_record, rows, kinds = open(sys.argv[1], "rb").read(), 7, b"", [], []
while at + 7 <= len(data):
    left = 32768 - at % 32768
    if left < 7:
        at += left
        continue
    crc, length, kind = struct.unpack("<IHB", data[at:at + 7])
    assert zlib.crc32(data[at + 6:at + 7 + length]) == crc
    open_record += data[at + 7:at + 7 + length]
    at += 7 + length
    if kind in (1, 4):
        record = pb.Record(); record.ParseFromString(open_record); open_record = b""
        kinds.append(record.WhichOneof("record_type"))
        if kinds[-1] == "history":
            rows.append("{" + ",".join(json.dumps(i.nested_key[0]) + ":" + i.value_json for i in record.history.item) + "}")
print(json.dumps({"rows": rows, "kinds": kinds}))
`;

describe("W&B's own Python client, over our logs", () => {
  const dir = useTempDir();

  before(function () {
    const found = spawnSync("python3", ["-c", "import wandb.proto.wandb_internal_pb2"], { timeout: 60_000 });
    if (found.status !== 0) this.skip(); // needs a python3 that can import wandb (pip install wandb)
  });

  async function written(): Promise<string> {
    const log = makeLogFolder(dir(), "offline", runStart, "run1");
    const runLog = RunLog.create(log, runLogStart, runLogOptions);
    for (let step = 1; step <= steps; step++) runLog.row(testRow(step));
    const picture = { kind: "images", key: "charts/s/heat", extension: "png" } as const;
    const file = writeMedia(log, picture, Buffer.from("a picture"));
    runLog.media("charts/s/heat", { _type: "image-file", format: "png", width: 3, height: 2, ...file });
    const checkpoint = join(dir(), "checkpoints", "step-000050");
    mkdirSync(checkpoint, { recursive: true });
    writeFileSync(join(checkpoint, "state.safetensors"), "weights");
    for (const version of await checkpointArtifacts(dir(), log, "run1")) runLog.artifact(version);
    runLog.output("stdout", runStart, "hello");
    runLog.output("stdout", runStart, "one\ntwo\n");
    runLog.output("stderr", runStart, "careful");
    runLog.stats(runStart, { cpu: 1 });
    runLog.exit(0, runStart + 1e5);
    runLog.close();
    return log;
  }

  it("understands every record with its own protobuf classes", async () => {
    const args = ["-c", readerProgram, await written()];
    const done: SpawnSyncReturns<string> = spawnSync("python3", args, { encoding: "utf8" });
    expect(done.stderr).to.equal("");
    const { rows, kinds } = JSON.parse(done.stdout) as { rows: string[]; kinds: (string | null)[] };
    expect(rows.map(lenient)).to.deep.equal(expectedRows(steps));
    const others = ["run", "environment", "metric", "summary", "output_raw", "stats", "files", "artifact", "exit"];
    expect(kinds).to.include.members(others);
    expect(kinds).to.not.include(null);
  });

  it("uploads with `wandb sync` what `experiment sync` would", async () => {
    const [theirs, ours] = [new FakeWandb(), new FakeWandb()];
    const home = join(dir(), "home");
    mkdirSync(home);
    writeFileSync(join(home, ".netrc"), "", { mode: 0o600 });
    const env = {
      PATH: process.env.PATH,
      PYTHONPATH: process.env.PYTHONPATH ?? "",
      HOME: home,
      WANDB_BASE_URL: await theirs.listen(),
      WANDB_API_KEY: "0".repeat(40),
      WANDB_ERROR_REPORTING: "false",
    };
    const log = await written();
    await uploadOnce(log, ours.transport({ time: runStart }));
    rmSync(syncedMarker(log));
    const child = spawn("python3", ["-m", "wandb", "sync", dirname(log)], { env, cwd: home, stdio: "ignore" });
    await new Promise((resolve) => child.on("exit", resolve));
    // What their client sent is known for ours: nothing is appended to it.
    rmSync(syncedMarker(log), { force: true });
    rmSync(log.replace(/\.wandb$/, ".sync.json"));
    const before = historyOf(theirs).length;
    await uploadOnce(log, theirs.transport({ time: runStart }));
    expect(historyOf(theirs)).to.have.length(before);
    await theirs.close();
    expect(historyOf(theirs)).to.deep.equal(expectedRows(steps));
    expect(contentOf(theirs)).to.deep.equal(contentOf(ours));
    expect(theirs.artifacts.versions.map(({ state }) => state)).to.deep.equal(["COMMITTED"]);
    const { summary, files } = theirs.run("run1");
    const picture = (lenient(summary) as Record<string, { path: string; width: number }>)["charts/s/heat"];
    expect([picture?.width, files.get(picture?.path ?? "")]).to.deep.equal([3, "a picture"]);
  });
});

/** What a server has of the run beside its rows, as far as it depends on the log alone. */
function contentOf(server: FakeWandb) {
  const { summary, events, output, exitcode, variables } = server.run("run1");
  const { _wandb, ...config } = JSON.parse(String(variables.config)) as Record<string, { value: { m: Definition[] } }>;
  const { displayName, groupName, jobType, sweep, project, tags, host } = variables;
  return {
    summary: lenient(summary),
    events: events.map((line) => lenient(line ?? "")),
    // The client gives console lines the time of the upload.
    output: output.map((line) => line?.replace(/\d{4}-\S+/, "<time>")),
    exitcode,
    config,
    metrics: definitionsOf(_wandb?.value.m ?? []),
    identity: { displayName, groupName, jobType, sweep, project, tags, host },
    artifacts: server.artifacts.versions.map((version) => ({ ...version, manifest: "", manifestMd5: "" })),
    aliases: server.artifacts.aliases,
  };
}

/** A metric's definition by field number; 5 is the place of its axis in the list, which begins at 1. */
type Definition = { readonly 1: string; readonly 5?: number; readonly 6: number[]; readonly 7: number[] };

/** By name: the client has them in no order. */
function definitionsOf(all: readonly Definition[]) {
  const entries = all.map(({ 1: name, 5: axis, 6: options, 7: summary }) => {
    return [name, { axis: axis && all[axis - 1]?.[1], options, summary }] as const;
  });
  return Object.fromEntries(entries);
}
