import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { get, type IncomingHttpHeaders, request } from "node:http";
import { join } from "node:path";
import { expect } from "chai";
import type { ExperimentError } from "../../core/errors/errors.ts";
import type { RunDetail, RunList, RunSeries } from "../../viewer/api.ts";
import { startViewer, type Viewer, type ViewerOptions } from "../../viewer/server.ts";
import { pageBuilt } from "../helpers/page.ts";
import { damage, writeSyntheticRun } from "../helpers/synthetic-runs.ts";
import { useTempDir } from "../helpers/temp.ts";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe("startViewer", () => {
  const temp = useTempDir();
  const viewers: Viewer[] = [];
  before(pageBuilt);
  afterEach(() => Promise.all(viewers.splice(0).map((viewer) => viewer.close())));

  async function start(options: Partial<ViewerOptions> = {}): Promise<URL> {
    const viewer = await startViewer({ dir: join(temp(), "runs"), indexFolder: join(temp(), "index"), ...options });
    viewers.push(viewer);
    return new URL(viewer.url);
  }

  /** Without fetch, which would tidy up paths and headers before they are sent. */
  function ask(base: URL, path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const asked = request({ host: base.hostname, port: base.port, path, method, headers }, (response) => {
        let body = "";
        response.on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      });
      asked.on("error", reject).end();
    });
  }
  const json = async <T>(base: URL, path: string) => JSON.parse((await ask(base, path)).body) as T;

  it("lists runs with their state, and damage on the damaged run alone", async () => {
    const root = join(temp(), "runs");
    writeSyntheticRun(root, { id: "whole", outcome: "finished", rows: 60 });
    writeSyntheticRun(root, { id: "gone", rows: 60 });
    damage(writeSyntheticRun(root, { id: "empty" }), "no run.json");
    damage(writeSyntheticRun(root, { id: "half" }), "garbage run.json");
    rmSync(join(writeSyntheticRun(root, { id: "headless" }), "run.json"));
    mkdirSync(join(root, "not-a-run"));
    const base = await start();
    const { runs } = await json<RunList>(base, "/api/runs");
    expect(Object.fromEntries(runs.map(({ id, state }) => [id, state]))).to.deep.equal({
      whole: "finished",
      gone: "killed",
      empty: "damaged",
      half: "damaged",
      headless: "damaged",
    });
    expect(runs.find(({ id }) => id === "whole")).to.include({ step: 60, steps: 60 });
  });

  it("shows a run whose rows and charts are partly garbage, and says what was skipped", async () => {
    const dir = writeSyntheticRun(join(temp(), "runs"), { id: "torn", rows: 60, outcome: "finished" });
    damage(dir, "garbage rows");
    damage(dir, "torn row");
    damage(dir, "garbage charts");
    const detail = await json<RunDetail>(await start(), "/api/runs/torn");
    expect(detail.rows).to.equal(60);
    expect(detail.problems).to.deep.equal([
      "charts.json: 3 of 3 entries are no charts.",
      "rows.jsonl: 3 lines are no rows; skipped.",
    ]);
  });

  it("says which rows a run lacks, and nothing of one that was resumed", async () => {
    const dir = writeSyntheticRun(join(temp(), "runs"), { id: "cut", rows: 60, outcome: "finished" });
    const lines = readFileSync(join(dir, "rows.jsonl"), "utf8").trimEnd().split("\n");
    const gone = lines.filter((_, i) => ![10, 11, 30].includes(i));
    writeFileSync(join(dir, "rows.jsonl"), `${gone.join("\n")}\n`);
    const resumed = writeSyntheticRun(join(temp(), "runs"), { id: "resumed", rows: 60, outcome: "finished" });
    const again = [...lines.slice(0, 50), ...lines.slice(40)];
    writeFileSync(join(resumed, "rows.jsonl"), `${again.join("\n")}\n`);
    const base = await start();
    expect((await json<RunDetail>(base, "/api/runs/cut")).problems).to.deep.equal([
      "rows.jsonl: rows are missing: 2 between steps 10 and 13, 1 between steps 30 and 32.",
    ]);
    expect((await json<RunDetail>(base, "/api/runs/resumed")).problems).to.deep.equal([]);
  });

  it("gives exact numbers over a window of an axis", async () => {
    writeSyntheticRun(join(temp(), "runs"), { id: "a", rows: 100 });
    const base = await start();
    const series = await json<RunSeries>(base, "/api/runs/a/series?key=train/lr&axis=step&from=10&to=12&points=100");
    expect(series.step).to.deep.equal([9, 10, 11, 12, 13]);
    expect(series.values["train/lr"]?.[0]).to.equal((3e-3 * 9) / 30);
  });

  it("takes no change that its own page did not send, and sends a strict policy with everything", async () => {
    writeSyntheticRun(join(temp(), "runs"), { id: "a", rows: 5 });
    const base = await start();
    for (const method of ["PUT", "DELETE", "PATCH"])
      expect((await ask(base, "/api/runs/a", {}, method)).status).to.equal(405);
    expect((await ask(base, "/api/runs/a", {}, "POST")).status).to.equal(403);
    for (const path of ["/", "/api/runs", "/main.js", "/nothing"]) {
      const { headers } = await ask(base, path);
      expect(headers["content-security-policy"]).to.match(/^default-src 'none'; script-src 'self';/);
      expect(headers["content-security-policy"]).not.to.contain("unsafe");
      expect(headers["x-content-type-options"]).to.equal("nosniff");
    }
  });

  it("refuses names that are not its own (DNS rebinding)", async () => {
    const base = await start();
    for (const host of [
      "evil.example",
      `evil.example:${base.port}`,
      "127.0.0.1.evil.example",
      "localhost@evil.example",
    ])
      expect((await ask(base, "/api/runs", { host })).status, host).to.equal(421);
    for (const host of [base.host, `localhost:${base.port}`, `[::1]:${base.port}`])
      expect((await ask(base, "/api/runs", { host })).status, host).to.equal(200);
  });

  it("does not leave the folder of runs: dots, encodings, links, pipes", async () => {
    const root = join(temp(), "runs");
    writeSyntheticRun(root, { id: "inside", rows: 5 });
    writeSyntheticRun(temp(), { id: "outside", rows: 5 });
    symlinkSync(join(temp(), "outside"), join(root, "link"));
    const linked = writeSyntheticRun(root, { id: "linked-file", rows: 5 });
    rmSync(join(linked, "events.jsonl"));
    symlinkSync("/etc/passwd", join(linked, "events.jsonl"));
    const base = await start();
    const paths = [
      "..%2foutside",
      "%2e%2e%2foutside",
      "..%5coutside",
      "link",
      ".",
      "..",
      "inside%00",
      "%",
      "inside/../../outside",
    ];
    for (const path of paths) expect((await ask(base, `/api/runs/${path}`)).status, path).to.equal(404);
    for (const path of ["/../package.json", "/%2e%2e/package.json", "/..%2f..%2fpackage.json", "//etc/passwd"])
      expect((await ask(base, path)).status, path).to.equal(404);
    const { runs } = await json<RunList>(base, "/api/runs");
    expect(runs.map(({ id, state }) => [id, state])).to.deep.include.members([
      ["inside", "killed"],
      ["linked-file", "damaged"],
    ]);
    expect(runs.map(({ id }) => id)).not.to.include("link");
    expect((await ask(base, "/api/runs/linked-file/events")).status).to.equal(404);
  });

  it("listens beyond loopback only with a token, and then asks for it", async () => {
    const refused = await startViewer({ dir: temp(), host: "0.0.0.0" }).catch((thrown: ExperimentError) => thrown);
    expect(refused).to.include({ code: "usage" });
    const base = await start({ token: "s3cret" });
    expect(base.searchParams.get("token")).to.equal("s3cret");
    expect((await ask(base, "/api/runs")).status).to.equal(401);
    expect((await ask(base, "/api/runs?token=wrong")).status).to.equal(401);
    const first = await ask(base, "/?token=s3cret");
    expect(first.status).to.equal(200);
    const cookie = first.headers["set-cookie"]?.[0] ?? "";
    expect(cookie).to.contain("HttpOnly").and.contain("SameSite=Strict");
    expect((await ask(base, "/api/runs", { cookie: cookie.split(";")[0]! })).status).to.equal(200);
  });

  it("shows a single run when given its directory", async () => {
    const root = join(temp(), "runs");
    const dir = writeSyntheticRun(root, { id: "one", rows: 5 });
    writeSyntheticRun(root, { id: "two", rows: 5 });
    const base = await start({ dir });
    expect((await json<RunList>(base, "/api/runs")).runs.map(({ id }) => id)).to.deep.equal(["one"]);
    expect((await ask(base, "/api/runs/two")).status).to.equal(404);
  });

  it("waits for a folder that is not there yet", async () => {
    expect((await json<RunList>(await start({ dir: join(temp(), "later") }), "/api/runs")).runs).to.deep.equal([]);
  });

  it("tells live pages of new rows", async () => {
    const dir = writeSyntheticRun(join(temp(), "runs"), { id: "live", rows: 5 });
    const base = await start();
    await ask(base, "/api/runs/live");
    const rows: number[] = [];
    await new Promise<void>((done) => {
      const stream = get(new URL("/api/live?run=live", base), (response) => {
        response.setEncoding("utf8").on("data", (text: string) => {
          const data = /^event: run\ndata: (.*)$/m.exec(text)?.[1];
          if (data === undefined) return;
          rows.push((JSON.parse(data) as { rows: number }).rows);
          if (rows.length === 1) {
            const row = { seq: 5, step: 6, tokens: 6144, time: 1, metrics: { "train/loss": 1 } };
            writeFileSync(join(dir, "rows.jsonl"), `${JSON.stringify(row)}\n`, { flag: "a" });
          } else {
            stream.destroy();
            done();
          }
        });
      });
    });
    expect(rows).to.deep.equal([5, 6]);
  });
});
