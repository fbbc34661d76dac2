import { readFileSync, rmSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { expect } from "chai";
import { proxiesFrom } from "../../../../plugins/sinks/wandb/http/proxies.ts";
import { networkThrough } from "../../../../plugins/sinks/wandb/http/transport.ts";
import { readPointer } from "../../../../plugins/sinks/wandb/log/layout.ts";
import { optionsSchema } from "../../../../plugins/sinks/wandb/login/options.ts";
import { resolveSettings, type Settings } from "../../../../plugins/sinks/wandb/login/settings.ts";
import { createWandbSink } from "../../../../plugins/sinks/wandb/sink.ts";
import { syncRun } from "../../../../plugins/sinks/wandb/sync.ts";
import { FakeWandb } from "../../../helpers/fake-wandb.ts";
import { startProxy, type TestProxy } from "../../../helpers/proxy.ts";
import { runStart, testRow, testRun } from "../../../helpers/rows.ts";
import { useTempDir } from "../../../helpers/temp.ts";
import { thrownBy } from "../../../helpers/thrown.ts";
import { expectedRows, historyOf } from "../../../helpers/wandb-run.ts";

const key = "k".repeat(86);
const id = "20260102-030405-abcd";
const password = "s3cret";
const options = optionsSchema.parse({});

describe("proxiesFrom", () => {
  const found = (env: Record<string, string>, settings: Record<string, string> = {}) =>
    proxiesFrom(env, (name) => settings[name]);
  const local = "localhost,127.0.0.1,[::1]";

  it("takes HTTPS_PROXY and HTTP_PROXY for their own scheme, lower case too, with NO_PROXY", () => {
    expect(found({})).to.equal(undefined);
    expect(found({ HTTPS_PROXY: "http://p:1" })).to.deep.equal({ "https:": { url: "http://p:1", except: local } });
    expect(found({ http_proxy: "p:2", no_proxy: "a.b, c" })).to.deep.equal({
      "http:": { url: "http://p:2", except: `a.b, c,${local}` },
    });
    expect(found({ HTTPS_PROXY: "http://p:1", NO_PROXY: "*" })).to.equal(undefined);
  });

  it("takes W&B's own settings before those, for every host", () => {
    const env = { HTTPS_PROXY: "http://p:1", NO_PROXY: "*" };
    expect(found(env, { https_proxy: "https://own" })).to.deep.equal({ "https:": { url: "https://own", except: "" } });
  });

  it("refuses what is no proxy's address without repeating it", () => {
    for (const url of [`socks5://u:${password}@p`, `http://u:${password}@[`]) {
      const error = thrownBy(() => found({ HTTPS_PROXY: url }));
      expect(error.code).to.equal("config.invalid");
      expect(error.message).to.match(/^HTTPS_PROXY: expected the http or https address of a proxy/);
      expect(error.message).to.not.include(password);
    }
  });
});

describe("proxies", () => {
  const dir = useTempDir();
  let server: FakeWandb;
  let proxy: TestProxy;
  let direct: string;
  const said: string[] = [];
  const told = (message: string) => void said.push(message);
  const host = { info: told, warn: told, progress() {}, stop() {} };

  beforeEach(async () => {
    said.length = 0;
    server = new FakeWandb();
    direct = await server.listen();
    proxy = await startProxy(direct);
  });
  afterEach(async () => {
    await proxy.close();
    await server.close();
  });

  function settings(env: Record<string, string>): Settings {
    const full = { WANDB_API_KEY: key, WANDB_BASE_URL: "http://wandb.test", ...env };
    return resolveSettings(options, { env: full, cwd: dir(), home: dir(), readText: () => undefined });
  }

  it("carry what the streaming process, the end of the run and `experiment sync` send, and no SDK", async () => {
    const env = { HTTP_PROXY: `http://user:${password}@${proxy.host}` };
    const sink = createWandbSink(options, settings(env), host);
    await sink.open(testRun(dir()));
    await sink.write([testRow(1)]);
    for (const end = Date.now() + 15_000; server.runs.get(id)?.history.length !== 1; ) {
      if (Date.now() > end) throw new Error("no row came through the proxy");
      await setTimeout(10);
    }
    for (let step = 2; step <= 5; step++) await sink.write([testRow(step)]);
    await sink.close({ state: "failed", step: 5, tokens: 80, time: runStart + 9000 });
    expect(historyOf(server, id)).to.deep.equal(expectedRows(5));
    server.runs.clear();
    const log = readPointer(dir())?.log ?? "";

    rmSync(`${log}.synced`);
    const report = await syncRun({ id, dir: dir(), state: "failed" }, options, settings(env), host);
    expect(report.state, report.message).to.equal("complete");
    expect(historyOf(server, id)).to.deep.equal(expectedRows(5));

    expect(proxy.asked).to.have.length(server.requests.length);
    expect(proxy.asked.every((one) => one.startsWith("POST http://wandb.test/"))).to.equal(true);
    const basic = `Basic ${Buffer.from(`user:${password}`).toString("base64")}`;
    expect(new Set(proxy.authorizations)).to.deep.equal(new Set([basic]));
    expect(server.requests.some(({ userAgent }) => userAgent.includes("JS Client"))).to.equal(false);
    expect(said.join()).to.not.include(password);
    for (const file of [log, log.replace(/\.wandb$/, ".sync.json")]) {
      expect(readFileSync(file, "latin1")).to.not.include(password);
    }
  });

  it("tunnel https, and say nothing of their password when that fails", async () => {
    const proxies = settings({ https_proxy: `http://user:${password}@${proxy.host}` }).proxies;
    const request = {
      method: "POST",
      url: "https://wandb.test/graphql",
      headers: {},
      body: "{}",
      timeoutMs: 5000,
    } as const;
    const error = await networkThrough(proxies)
      .request(request)
      .then(String, (thrown: Error) => `${thrown.message} ${String(thrown.cause)}`);
    expect(proxy.asked).to.deep.equal(["CONNECT wandb.test:443"]);
    expect(proxy.tunnelled).to.deep.equal([22]);
    expect(error).to.include("fetch failed").and.not.include(password);
  });

  it("are left out for the hosts of NO_PROXY and for this machine", async () => {
    const ask = (url: string, env: Record<string, string>) =>
      networkThrough(settings(env).proxies).request({
        method: "POST",
        url: `${url}/graphql`,
        headers: {},
        body: '{"query":"query Viewer"}',
        timeoutMs: 5000,
      });
    const env = { HTTP_PROXY: proxy.host };
    expect((await ask(direct, env)).status).to.equal(200);
    const port = new URL(direct).port;
    const refused = await ask(`http://127.0.0.2:${port}`, { ...env, NO_PROXY: "127.0.0.2" }).catch(() => "directly");
    expect(refused).to.equal("directly");
    expect(proxy.asked).to.deep.equal([]);
    expect((await ask("http://other.invalid", { ...env, NO_PROXY: "127.0.0.2" })).status).to.equal(200);
    expect((await ask(direct, { WANDB_HTTP_PROXY: proxy.host })).status).to.equal(200);
    expect(proxy.asked).to.have.length(2);
  });
});
