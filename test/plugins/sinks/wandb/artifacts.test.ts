import { createHash } from "node:crypto";
import { appendFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect } from "chai";
import { readPointer } from "../../../../plugins/sinks/wandb/log/layout.ts";
import { RunLog } from "../../../../plugins/sinks/wandb/log/run-log.ts";
import { optionsSchema } from "../../../../plugins/sinks/wandb/login/options.ts";
import { resolveSettings } from "../../../../plugins/sinks/wandb/login/settings.ts";
import { createWandbSink } from "../../../../plugins/sinks/wandb/sink.ts";
import { FakeWandb, type Fault } from "../../../helpers/fake-wandb.ts";
import { runStart, testRun } from "../../../helpers/rows.ts";
import { readLog } from "../../../helpers/wandb-reader.ts";
import { logIn, runLogOptions, runLogStart, uploadOnce, useFakeServer } from "../../../helpers/wandb-run.ts";

const id = "20260102-030405-abcd";
const name = `checkpoint-${id}`;
const md5 = (text: string) => createHash("md5").update(text).digest("base64");
const sha = (bytes: Buffer | undefined) => bytes?.toString("latin1");

describe("checkpoints as artifacts", () => {
  const fake = useFakeServer();
  const host = { info() {}, warn() {}, progress() {}, stop() {} };

  function checkpoint(step: number, weights: string): void {
    const folder = join(fake.dir(), "checkpoints", `step-${String(step).padStart(6, "0")}`);
    mkdirSync(join(folder, "parts"), { recursive: true });
    writeFileSync(join(folder, "model.safetensors"), Buffer.from(weights, "latin1"));
    writeFileSync(join(folder, "parts", "manifest.json"), "{}");
  }
  /** The log of a run that kept checkpoints of steps 5 and 10, closed by the sink. */
  async function closed(resumedFrom?: number): Promise<string> {
    const options = optionsSchema.parse({ mode: "offline", checkpoints: "artifacts", entity: "me", project: "p" });
    const around = { env: {}, cwd: fake.dir(), home: fake.dir(), readText: () => undefined };
    const sink = createWandbSink(options, resolveSettings(options, around), host);
    await sink.open(testRun(fake.dir(), resumedFrom === undefined ? {} : { resumedFrom }));
    await sink.close({ state: "finished", step: 10, tokens: 1, time: runStart });
    return readPointer(fake.dir())?.log ?? "";
  }
  async function twoKept(): Promise<string> {
    checkpoint(5, "five \xff\x00");
    checkpoint(10, "ten");
    mkdirSync(join(fake.dir(), "checkpoints", "step-000011.partial-00"));
    return await closed();
  }
  const puts = () => fake.server.requests.filter(({ operation }) => operation === "PUT");
  function expectWhole(server: FakeWandb): void {
    const { versions, aliases } = server.artifacts;
    expect(versions.map(({ state, type }) => [state, type])).to.deep.equal([
      ["COMMITTED", "model"],
      ["COMMITTED", "model"],
    ]);
    const [five, ten] = versions;
    expect(sha(five?.files.get("model.safetensors")?.bytes)).to.equal("five \xff\x00");
    expect(sha(ten?.files.get("model.safetensors")?.bytes)).to.equal("ten");
    expect([...(five?.files.keys() ?? [])]).to.have.members(["model.safetensors", "parts/manifest.json"]);
    expect(Object.fromEntries(aliases)).to.deep.equal({
      [`${name}:step-5`]: five?.digest,
      [`${name}:step-10`]: ten?.digest,
      [`${name}:latest`]: ten?.digest,
    });
  }

  it("stand in the log as W&B's client writes them, with files where `wandb sync` finds them", async () => {
    const log = await twoKept();
    const [five, ten] = readLog(log).flatMap(({ artifact }) => artifact ?? []);
    expect(five).to.include({ run_id: id, project: "p", type: "model", name, finalize: true });
    expect([five?.aliases, ten?.aliases]).to.deep.equal([["step-5"], ["step-10", "latest"]]);
    expect(five?.client_id).to.have.length(128).and.not.equal(ten?.client_id);
    const { contents, ...manifest } = ten?.manifest ?? { contents: [] };
    expect(manifest).to.deep.equal({
      version: 1,
      storage_policy: "wandb-storage-policy-v1",
      storage_policy_config: [{ key: "storageLayout", value_json: '"V2"' }],
    });
    const found = contents.map(({ path, digest, size }) => ({ path, digest, size }));
    expect(found).to.have.deep.members([
      { path: "model.safetensors", digest: md5("ten"), size: 3 },
      { path: "parts/manifest.json", digest: md5("{}"), size: 2 },
    ]);
    for (const { local_path } of contents)
      expect(local_path.startsWith(join(dirname(log), "artifacts"))).to.equal(true);
    const text = `wandb-artifact-manifest-v1\nmodel.safetensors:${md5("ten")}\nparts/manifest.json:${md5("{}")}\n`;
    expect(ten?.digest).to.equal(createHash("md5").update(text).digest("hex"));
  });

  it("become versions on the server, their files sent from the disk, each with its digest", async () => {
    const log = await twoKept();
    const transport = fake.server.transport(fake.clock);
    const bodies: string[] = [];
    const seen = {
      ...transport,
      request: (request: Parameters<typeof transport.request>[0]) => {
        if (request.method === "PUT" && typeof request.body === "object") bodies.push(basename(request.body.file));
        return transport.request(request);
      },
    };
    expect(await uploadOnce(log, seen)).to.deep.include({ complete: true, omitted: [] });
    expectWhole(fake.server);
    // parts/manifest.json is the same in both: storage has it the second time.
    expect(bodies.sort()).to.deep.equal(["manifest.json", "model.safetensors", "model.safetensors"]);
    expect(puts().every(({ authorization }) => authorization === "")).to.equal(true);
    const manifest = JSON.parse(fake.server.artifacts.versions[0]?.manifest ?? "") as Record<string, unknown>;
    expect(manifest).to.deep.equal({
      version: 1,
      storagePolicy: "wandb-storage-policy-v1",
      storagePolicyConfig: { storageLayout: "V2" },
      contents: {
        "model.safetensors": {
          digest: createHash("md5").update("five \xff\x00", "latin1").digest("base64"),
          size: 7,
          birthArtifactID: "artifact-0",
        },
        "parts/manifest.json": { digest: md5("{}"), size: 2, birthArtifactID: "artifact-0" },
      },
    });
  });

  it("are sent once, also when the record of progress is gone and after a resume that kept one of them", async () => {
    const log = await twoKept();
    await fake.send(log);
    const sent = puts().length;
    await fake.send(log);
    rmSync(log.replace(/\.wandb$/, ".sync.json"));
    await fake.send(log);
    expect(puts()).to.have.length(sent);
    rmSync(join(fake.dir(), "checkpoints", "step-000005"), { recursive: true });
    checkpoint(15, "fifteen");
    await fake.send(await closed(10));
    expect(fake.server.artifacts.versions).to.have.length(3);
    expect(fake.server.artifacts.aliases.get(`${name}:latest`)).to.equal(fake.server.artifacts.versions[2]?.digest);
  });

  it("are whole after faults at any request, and after a process that is gone there", async () => {
    const log = await twoKept();
    const whole = new FakeWandb();
    await uploadOnce(log, whole.transport({ time: 0 }));
    const fresh = (): FakeWandb => {
      rmSync(log.replace(/\.wandb$/, ".sync.json"), { force: true });
      return new FakeWandb();
    };
    const faults: Fault[] = [
      { kind: "reset", applied: true },
      { kind: "status", status: 503, retryAfter: "9" },
      { kind: "malformed" },
    ];
    for (let at = 0; at < whole.requests.length; at++) {
      const server = fresh();
      server.fault = (request, index) => {
        const fault = faults[at % 3];
        // What a PUT answers is not read.
        return index !== at || (fault?.kind === "malformed" && request.operation === "PUT") ? undefined : fault;
      };
      expect(await uploadOnce(log, server.transport(fake.clock)), `at ${at}`).to.include({ complete: true });
      expectWhole(server);

      const other = fresh();
      other.fault = (_, index) => (index === at ? { kind: "reset", applied: at % 2 === 0 } : undefined);
      await uploadOnce(log, other.transport(fake.clock), { attempts: 1 });
      expect(other.runs.get(id)?.exitcode, `at ${at}`).to.equal(
        at === whole.requests.length - 1 && at % 2 === 0 ? 0 : undefined,
      );
      expect(await uploadOnce(log, other.transport(fake.clock)), `at ${at}`).to.include({ complete: true });
      expectWhole(other);
    }
  });

  it("are found where the run directory was moved to", async () => {
    const log = dirname(await twoKept());
    cpSync(log, join(fake.dir(), "moved"), { recursive: true });
    rmSync(log, { recursive: true });
    await fake.send(join(fake.dir(), "moved", `run-${id}.wandb`));
    expectWhole(fake.server);
  });

  it("that are gone or changed are left out and named; the run ends all the same", async () => {
    const log = await twoKept();
    const [, ten] = readLog(log).flatMap(({ artifact }) => artifact ?? []);
    appendFileSync(ten?.manifest.contents[0]?.local_path ?? "", "!");
    const done = await fake.send(log);
    expect(done).to.deep.include({ complete: true, omitted: [`${name}:step-10`] });
    expect(fake.server.artifacts.versions.map(({ state }) => state)).to.deep.equal(["COMMITTED"]);
    expect(fake.server.run(id).exitcode).to.equal(0);
  });

  it("of a log that names files elsewhere are not sent", async () => {
    writeFileSync(join(fake.dir(), "secret"), "s3cret");
    const runLog = RunLog.create(logIn(fake.dir()), runLogStart, runLogOptions);
    const file = { path: "../../secret", md5: md5("s3cret"), size: 6, localPath: join(fake.dir(), "secret") };
    const ids = { clientId: "c".repeat(128), sequenceClientId: "s".repeat(128) };
    runLog.artifact({ name: "x", type: "model", aliases: ["latest"], metadata: "", ...ids, files: [file] });
    runLog.exit(0, runStart);
    runLog.close();
    expect(await fake.send(runLog.path)).to.deep.include({ complete: true, omitted: ["x:latest"] });
    expect(fake.server.requests.some(({ body }) => body.includes("s3cret"))).to.equal(false);
  });
});
