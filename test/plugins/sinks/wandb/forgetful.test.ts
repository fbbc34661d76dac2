import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { networkThrough, sleepFor } from "../../../../plugins/sinks/wandb/http/transport.ts";
import type { Fault } from "../../../helpers/fake-wandb.ts";
import { expectedRows, historyOf, uploadOnce, useFakeServer, writeRun } from "../../../helpers/wandb-run.ts";

describe("a server whose word does not hold", () => {
  const fake = useFakeServer();

  for (const text of [
    '{"errors":[{"message":"busy"}]}',
    '{"errors":{}}',
    '{"error":"busy"}',
    "[]",
    "null",
    '"ok"',
    "",
  ]) {
    it(`has acknowledged nothing with status 200 and ${text || "an empty body"}`, async () => {
      const log = writeRun(fake.dir(), 40, 0);
      const undocumented: Fault = { kind: "undocumented", text, applied: false };
      const open = [undefined, undefined, undocumented, undocumented];
      fake.server.fault = ({ operation }) => (operation === "file_stream" ? open.pop() : undefined);
      expect(await fake.send(log)).to.include({ complete: true, rows: 40 });
      expect(historyOf(fake.server)).to.deep.equal(expectedRows(40));
      expect(fake.server.run("run1").exitcode).to.equal(0);

      fake.server.runs.clear();
      fake.server.fault = ({ operation }) => (operation === "file_stream" ? undocumented : undefined);
      expect(await fake.send(log, { attempts: 3 })).to.include({ complete: false });
    });
  }

  it("is sent again what it lost: rows it took, the end of the run, or all of it between two uploads", async () => {
    const log = writeRun(fake.dir(), 40, 0);
    for (const lost of [2, 3, 4]) {
      fake.server.runs.clear();
      fake.server.fault = (_, index) => (index === lost ? { kind: "forgotten" } : undefined);
      fake.server.requests.length = 0;
      expect(await fake.send(log), `request ${lost}`).to.include({ complete: true, rows: 40 });
      expect(historyOf(fake.server)).to.deep.equal(expectedRows(40));
      expect(fake.server.run("run1").exitcode).to.equal(0);
    }
    fake.server.run("run1").history.fill(undefined, 3, 30);
    expect(await fake.send(log)).to.include({ complete: true, rows: 40 });
    expect(historyOf(fake.server)).to.deep.equal(expectedRows(40));
  });

  it("has the run's rows told as missing when it keeps none, and no marker says otherwise", async () => {
    const log = writeRun(fake.dir(), 40, 0);
    fake.server.fault = () => ({ kind: "forgotten" });
    const done = await fake.send(log);
    expect(done).to.include({ complete: false, reason: "the server counts 0 of 40 rows, which it has taken 6 times" });
    expect(existsSync(`${log}.synced`)).to.equal(false);
    fake.server.fault = () => undefined;
    expect(await fake.send(log)).to.include({ complete: true });
    expect(historyOf(fake.server)).to.deep.equal(expectedRows(40));
    const marker = JSON.parse(readFileSync(`${log}.synced`, "utf8")) as Record<string, unknown>;
    expect(marker).to.deep.equal({
      ...{ server: "http://wandb.test", rows: 40, exitCode: 0 },
      bytes: readFileSync(log).length,
    });
  });

  it("is given time to count what it took, and is sent nothing a second time meanwhile", async () => {
    const log = writeRun(fake.dir(), 40, 0);
    const transport = fake.server.transport(fake.clock);
    let late = 2;
    const done = await uploadOnce(log, {
      ...transport,
      async request(request) {
        const reply = await transport.request(request);
        const isLate = reply.text.includes('"historyLineCount":40') && late-- > 0;
        return isLate
          ? { ...reply, text: reply.text.replace('"historyLineCount":40', '"historyLineCount":12') }
          : reply;
      },
    });
    expect(done).to.include({ complete: true, rows: 40 });
    const rows = fake.server.requests.filter(({ body }) => body.includes("wandb-history.jsonl"));
    expect(rows).to.have.length(1);
  });

  it("that counts more rows than any run has is not followed", async () => {
    const log = writeRun(fake.dir(), 4, 0);
    const transport = fake.server.transport(fake.clock);
    const done = await uploadOnce(log, {
      ...transport,
      async request(request) {
        const reply = await transport.request(request);
        return { ...reply, text: reply.text.replace(/"historyLineCount":[1-9]\d*/, '"historyLineCount":9e12') };
      },
    });
    expect(done).to.include({ complete: false, reason: "the server counts 9000000000000 rows of a run that has 4" });
  });
});

describe("a server that wastes time", () => {
  const fake = useFakeServer();

  it("is waited for as long as it asks, which is told", async () => {
    const waits: [number, string][] = [];
    fake.faults({ kind: "status", status: 429, retryAfter: "86400" });
    const log = writeRun(fake.dir(), 1, 0);
    const transport = fake.server.transport(fake.clock);
    await uploadOnce(log, transport, { onWait: (...wait) => waits.push(wait) });
    expect(waits).to.deep.equal([[86_400_000, "HTTP 429"]]);
  });

  it("that asks for 25 days is not asked again at once", async () => {
    const stop = new AbortController();
    const woken = sleepFor(25 * 86_400_000, stop.signal).then(
      () => "woken",
      () => "stopped",
    );
    const first = await Promise.race([woken, new Promise((resolve) => setTimeout(() => resolve("waits"), 30))]);
    stop.abort();
    expect([first, await woken]).to.deep.equal(["waits", "stopped"]);
  });

  it("is given up after the time there is, also where the wall clock is set back meanwhile", async () => {
    fake.server.fault = () => ({ kind: "status", status: 503 });
    const log = writeRun(fake.dir(), 1, 0);
    const transport = fake.server.transport(fake.clock);
    const before = fake.clock.time;
    let hours = 0;
    const set = { ...transport, date: () => fake.clock.time - 3_600_000 * hours++ };
    expect(await uploadOnce(log, set, { attempts: 1000, ms: 120_000 })).to.include({ complete: false });
    expect(fake.clock.time - before).to.be.below(121_000);
  });

  it("with an answer that does not end is cut off", async () => {
    let cut = false;
    let sent = 0;
    const piece = Buffer.alloc(1 << 20, 32);
    const http = createServer((incoming, outgoing) => {
      incoming.resume();
      outgoing.on("close", () => {
        cut = true;
      });
      const more = () => {
        if (cut) return;
        sent += piece.length;
        outgoing.write(piece, more);
      };
      more();
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
    const request = { method: "POST", url, headers: {}, body: "", timeoutMs: 50_000 } as const;
    const problem = await networkThrough(undefined)
      .request(request)
      .catch((thrown: Error) => thrown.message);
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
    expect(problem).to.equal("an answer of more than 64 MiB");
    expect(sent).to.be.below(128 << 20);
  });
});
