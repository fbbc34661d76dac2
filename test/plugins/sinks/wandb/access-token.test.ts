import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Account } from "../../../../plugins/sinks/wandb/login/account.ts";
import { resolveSettings } from "../../../../plugins/sinks/wandb/login/settings.ts";
import { type Upload, upload } from "../../../../plugins/sinks/wandb/upload/upload.ts";
import { FakeWandb } from "../../../helpers/fake-wandb.ts";
import { useTempDir } from "../../../helpers/temp.ts";
import { thrownBy } from "../../../helpers/thrown.ts";
import { expectedRows, historyOf, writeRun } from "../../../helpers/wandb-run.ts";

const jwt = "eyJhbGciOi.J9-identity_+/=.sig";
const baseUrl = "http://wandb.test";

describe("an identity token", () => {
  const dir = useTempDir();
  let server: FakeWandb;
  let clock: { time: number };
  let account: Account;
  const at = (name: string) => join(dir(), name);
  beforeEach(() => {
    server = new FakeWandb();
    server.identityToken = jwt;
    clock = { time: Date.UTC(2026, 5, 1) };
    account = { baseUrl, login: { tokenFile: at("jwt"), credentialsFile: at("config/credentials.json") } };
    writeFileSync(at("jwt"), `${jwt}\n`);
  });

  const send = (log: string, attempts = 20): Promise<Upload> =>
    upload({
      log,
      account,
      transport: server.transport(clock),
      patience: { until: Infinity, attempts },
      codeOf: (logged) => logged,
    });
  const exchanges = () => server.requests.filter(({ operation }) => operation === "exchange").length;
  const stored = () =>
    (JSON.parse(readFileSync(at("config/credentials.json"), "utf8")) as { credentials: Record<string, object> })
      .credentials;

  it("is exchanged for an access token, which goes along as Bearer, and is kept for its owner alone", async () => {
    expect(await send(writeRun(dir(), 20, 0))).to.include({ complete: true, rows: 20 });
    expect(historyOf(server)).to.deep.equal(expectedRows(20));
    expect(server.requests[0]?.body).to.equal(
      `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=${encodeURIComponent(jwt)}`,
    );
    expect(new Set(server.requests.slice(1).map(({ authorization }) => authorization))).to.deep.equal(
      new Set(["Bearer access-1"]),
    );
    expect(stored()).to.deep.equal({ [baseUrl]: { expires_at: "2026-06-01 01:00:00", access_token: "access-1" } });
    expect(statSync(at("config/credentials.json")).mode & 0o777).to.equal(0o600);
    expect(existsSync(at(`config/credentials.json.${process.pid}.new`))).to.equal(false);
  });

  it("is not exchanged again while another process' token holds, and is 5 minutes before it ends", async () => {
    await send(writeRun(dir(), 5));
    await send(join(dir(), "run-run1.wandb"));
    expect(exchanges()).to.equal(1);
    clock.time = Date.UTC(2026, 5, 1, 0, 55);
    chmodSync(at("config/credentials.json"), 0o644);
    await send(join(dir(), "run-run1.wandb"));
    expect(exchanges()).to.equal(2);
    expect(server.requests.at(-1)?.authorization).to.equal("Bearer access-2");
    expect(statSync(at("config/credentials.json")).mode & 0o777).to.equal(0o600);
  });

  it("is exchanged anew when the access token runs out in the middle of an upload, with what the file holds then", async () => {
    let turn = 0;
    server.fault = ({ operation }) => {
      if (operation !== "file_stream" || turn++ > 0) return undefined;
      server.identityToken = "renewed";
      server.accessToken = "none any more";
      writeFileSync(at("jwt"), "renewed");
      return { kind: "status", status: 429, retryAfter: "4000" };
    };
    expect(await send(writeRun(dir(), 20, 0))).to.include({ complete: true });
    expect(exchanges()).to.equal(2);
    expect(server.requests.at(-1)?.authorization).to.equal("Bearer access-2");
  });

  it("leaves the tokens of other servers in the file, and does without a file that it cannot write or read", async () => {
    const other = { "https://other": { expires_at: "2027-01-01 00:00:00", access_token: "theirs" } };
    account = { baseUrl, login: { tokenFile: at("jwt"), credentialsFile: at("c.json") } };
    writeFileSync(at("c.json"), JSON.stringify({ credentials: other }));
    const log = writeRun(dir(), 5, 0);
    await send(log);
    const all = JSON.parse(readFileSync(at("c.json"), "utf8")) as { credentials: object };
    expect(all.credentials).to.include.keys("https://other", baseUrl);
    expect(all.credentials).to.deep.include(other);
    account = { baseUrl, login: { tokenFile: at("jwt"), credentialsFile: at("jwt/impossible") } };
    expect(await send(log)).to.include({ complete: true });
    writeFileSync(at("c.json"), '{"credentials":[torn');
    account = { baseUrl, login: { tokenFile: at("jwt"), credentialsFile: at("c.json") } };
    expect(await send(log)).to.include({ complete: true });
  });

  it("that is refused, gone or not exchanged for now ends the upload, and no message holds a token", async () => {
    const log = writeRun(dir(), 5, 0);
    server.identityToken = "another";
    expect((await send(log)).reason).to.equal("the identity token is refused (HTTP 400, invalid_grant)");
    expect(exchanges()).to.equal(1);
    server.fault = () => ({ kind: "status", status: 503 });
    expect((await send(log)).reason).to.equal("no success within 4 attempts, last: HTTP 503");
    server.fault = ({ operation }) => (operation === "exchange" ? { kind: "malformed" } : undefined);
    server.identityToken = jwt;
    expect((await send(log)).reason).to.match(/^no success within 4 attempts, last: /);
    server.fault = ({ operation }) => (operation === "exchange" ? undefined : { kind: "status", status: 401 });
    expect((await send(log)).reason).to.equal("the access token is refused (HTTP 401)");
    account = { baseUrl, login: { tokenFile: at("nowhere"), credentialsFile: at("none.json") } };
    expect((await send(log)).reason).to.equal(`the identity token file ${at("nowhere")} cannot be read`);
    for (const request of server.requests) expect(request.path).to.not.include(jwt);
  });

  it("comes from WANDB_IDENTITY_TOKEN_FILE, above netrc, and not beside a key", () => {
    const netrc = "machine api.wandb.ai login user password from-netrc";
    const around = (env: Record<string, string>) => ({
      env,
      cwd: "/project",
      home: "/home/me",
      readText: (path: string) => (path === "/home/me/.netrc" ? netrc : undefined),
    });
    const env = { WANDB_IDENTITY_TOKEN_FILE: "token" };
    expect(resolveSettings({}, around(env))).to.deep.include({
      mode: "online",
      key: undefined,
      hint: undefined,
      identity: { tokenFile: "/project/token", credentialsFile: "/home/me/.config/wandb/credentials.json" },
    });
    const elsewhere = resolveSettings({}, around({ ...env, WANDB_CREDENTIALS_FILE: "/c.json" }));
    expect(elsewhere.identity?.credentialsFile).to.equal("/c.json");
    const error = thrownBy(() => resolveSettings({}, around({ ...env, WANDB_API_KEY: "k".repeat(40) })));
    expect(error.code).to.equal("config.invalid");
    expect(error.message).to.equal(
      "WANDB_IDENTITY_TOKEN_FILE: expected no WANDB_API_KEY beside it, got both. Unset one of the two.",
    );
  });
});
