import { existsSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { expect } from "chai";
import { takeLock } from "../../core/record/lock.ts";
import { startViewer, type Viewer } from "../../viewer/server.ts";
import { pageBuilt } from "../helpers/page.ts";
import { writeSyntheticRun } from "../helpers/synthetic-runs.ts";
import { useTempDir } from "../helpers/temp.ts";

describe("changes from the viewer's page", () => {
  const temp = useTempDir();
  let viewer: Viewer | undefined;
  before(pageBuilt);
  afterEach(async () => viewer?.close());

  async function start(options: { edit?: boolean; token?: string } = {}) {
    writeSyntheticRun(temp(), { id: "a", rows: 5, outcome: "finished" });
    viewer = await startViewer({ dir: temp(), indexFolder: temp(), ...options });
    const { origin } = new URL(viewer.url);
    const cookie = { cookie: "reluscope=secret" };
    const { key = "" } = (await (await fetch(`${origin}/api/session`, { headers: cookie })).json()) as { key?: string };
    const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
      new Promise<{ status: number; body: string }>((done, failed) => {
        const sent = request(`${origin}${path}`, {
          method: "POST",
          headers: { ...cookie, origin, "content-type": "application/json", "x-reluscope-key": key, ...headers },
        });
        sent.on("error", failed).on("response", (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (part: string) => {
            text += part;
          });
          response.on("end", () => done({ status: response.statusCode ?? 0, body: text }));
        });
        sent.end(JSON.stringify(body));
      });
    return { origin, post };
  }

  it("writes labels and uses the trash for its own page", async () => {
    const { origin, post } = await start();
    const labels = { name: "baseline", tags: ["paper"], note: "x" };
    expect(JSON.parse((await post("/api/runs/a/labels", labels)).body)).to.deep.equal({ ...labels, archived: false });
    const { runs } = (await (await fetch(`${origin}/api/runs`)).json()) as {
      runs: { name: string; ownName: string; tags: string[] }[];
    };
    expect([runs[0]!.name, runs[0]!.ownName, runs[0]!.tags]).to.deep.equal(["baseline", "a", ["paper"]]);
    expect((await post("/api/runs/a/trash", {})).status, "not without the run's id").to.equal(400);
    expect((await post("/api/runs/a/trash", { confirm: "a" })).status).to.equal(200);
    expect([existsSync(join(temp(), "a")), existsSync(join(temp(), ".trash/a"))]).to.deep.equal([false, true]);
    expect((await post("/api/trash/a/restore", {})).status).to.equal(200);
    expect(existsSync(join(temp(), "a/rows.jsonl"))).to.equal(true);
  });

  it("refuses other origins, a wrong key, forms, odd labels and ways out of the folder", async () => {
    const { post } = await start();
    const labels = { note: "x" };
    const status = async (...args: Parameters<typeof post>) => (await post(...args)).status;
    expect(await status("/api/runs/a/labels", labels, { origin: "http://evil.example" })).to.equal(403);
    expect(await status("/api/runs/a/labels", labels, { "sec-fetch-site": "cross-site" })).to.equal(403);
    expect(await status("/api/runs/a/labels", labels, { "x-reluscope-key": "guess" })).to.equal(403);
    expect(await status("/api/runs/a/labels", labels, { "content-type": "text/plain" })).to.equal(403);
    expect(await status("/api/runs/a/labels", { config: {} })).to.equal(400);
    expect(await status("/api/runs/a/labels", { tags: ["a,b"] })).to.equal(400);
    expect(await status("/api/runs/a/labels", { note: "x".repeat(70_000) })).to.equal(400);
    for (const id of ["..%2Fb", "..", "%2e%2e", ".trash"]) {
      expect(await status(`/api/runs/${id}/labels`, labels), id).to.be.within(400, 404);
      expect(await status(`/api/trash/${id}/restore`, {}), id).to.be.within(400, 404);
    }
    expect(existsSync(join(temp(), "a/labels.json"))).to.equal(false);
  });

  it("does not move a run that trains", async () => {
    const { post } = await start();
    const lock = takeLock(join(temp(), "a"), 1);
    expect((await post("/api/runs/a/trash", { confirm: "a" })).status).to.equal(409);
    lock.release();
  });

  it("changes nothing where the viewer is read-only, and asks for the token first where there is one", async () => {
    const { post } = await start({ edit: false });
    expect((await post("/api/runs/a/labels", { note: "x" })).status).to.equal(405);
    await viewer?.close();
    viewer = await startViewer({ dir: temp(), indexFolder: temp(), token: "secret" });
    const { origin } = new URL(viewer.url);
    const answer = await fetch(`${origin}/api/runs/a/labels`, { method: "POST", body: "{}", headers: { origin } });
    expect(answer.status).to.equal(401);
  });
});

describe("columns of metrics", () => {
  const temp = useTempDir();
  before(pageBuilt);

  it("tells each run's last, smallest and largest value, that at a step, and the mean over layers", async () => {
    writeSyntheticRun(temp(), { id: "a", rows: 120, outcome: "finished" });
    const viewer = await startViewer({ dir: temp(), indexFolder: temp() });
    const ask = async (query: string) =>
      (await (await fetch(`${viewer.url}api/column?${query}`)).json()) as Record<string, number>;
    const { values } = (await (
      await fetch(`${viewer.url}api/runs/a/series?key=train/loss&key=token_sparsity/use_token/layer_0&points=1000`)
    ).json()) as { values: Record<string, number[]> };
    const losses = values["train/loss"]!;
    expect(await ask("metric=train/loss&of=last")).to.deep.equal({ a: losses[119] });
    expect(await ask("metric=train/loss&of=min")).to.deep.equal({ a: Math.min(...losses) });
    expect(await ask("metric=train/loss&of=at&step=60")).to.deep.equal({ a: losses[59] });
    expect((await ask("metric=eval/loss&of=at&step=60")).a, "the measurement of step 50").to.be.a("number");
    expect((await ask("metric=token_sparsity/use_token")).a).to.be.a("number");
    expect(await ask("metric=no/such")).to.deep.equal({});
    await viewer.close();
  });
});
