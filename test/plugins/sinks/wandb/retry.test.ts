import { existsSync } from "node:fs";
import { expect } from "chai";
import type { Fault } from "../../../helpers/fake-wandb.ts";
import { expectedRows, historyOf, uploadOnce, useFakeServer, writeRun } from "../../../helpers/wandb-run.ts";

describe("upload to a server that fails", () => {
  const fake = useFakeServer();

  for (const [name, list] of Object.entries<(Fault | undefined)[]>({
    "a storm of 500, 503 and 429": [500, 503, 429, 500, 502].map((status) => ({ kind: "status", status })),
    "errors after the work was done": [0, 1, 2, 3].map(() => ({ kind: "status", status: 500, applied: true })),
    "resets before and after the work": [0, 1, 2, 3].map((i) => ({ kind: "reset", applied: i % 2 === 0 })),
    "stalls of half a minute and longer": [30_000, 31_000, 400_000].map((ms) => ({ kind: "stall", ms, applied: true })),
    "answers that are no JSON": [0, 1, 2].map(() => ({ kind: "malformed" })),
    "a conflict between writers": [{ kind: "status", status: 409 }],
  })) {
    it(`survives ${name}`, async () => {
      const log = writeRun(fake.dir(), 40, 0);
      for (let skip = 0; skip < 3; skip++) {
        fake.server.runs.clear();
        const isConflict = list.some((fault) => fault?.kind === "status" && fault.status === 409);
        fake.faults(...new Array<undefined>(isConflict ? 0 : skip).fill(undefined), ...list);
        expect(await fake.send(log), `after ${skip}`).to.include({ complete: true, rows: 40 });
        expect(historyOf(fake.server)).to.deep.equal(expectedRows(40));
      }
    });
  }

  it("waits as long as Retry-After says, in seconds, fractions or as a date, and else 2, 4 … 60 s", async () => {
    const log = writeRun(fake.dir(), 1, 0);
    const took = async (...list: Fault[]) => {
      fake.server.runs.clear();
      fake.faults(...list);
      const before = fake.clock.time;
      const requests = fake.server.requests.length;
      await fake.send(log);
      return fake.clock.time - before - 20 * (fake.server.requests.length - requests);
    };
    const busy = (retryAfter: string): Fault => ({ kind: "status", status: 429, retryAfter });
    expect(await took(busy("7"))).to.equal(7000);
    expect(await took(busy("0.25"))).to.equal(250);
    fake.clock.time = Math.ceil(fake.clock.time / 1000) * 1000;
    expect(await took(busy(new Date(fake.clock.time + 90_000).toUTCString()))).to.be.within(89_900, 90_000);
    expect(await took(busy("soon"))).to.equal(2250);
    const failed: Fault = { kind: "status", status: 500 };
    const waits = [2, 4, 8, 16, 32, 60, 60].map((s) => s * 1125);
    expect(await took(...waits.map(() => failed))).to.equal(waits.reduce((a, b) => a + b));
  });

  for (const [status, reason] of [
    [401, "the API key is refused (HTTP 401)"],
    [403, "the API key is refused (HTTP 403)"],
    [404, "the run or project is not there (HTTP 404)"],
    [413, "the server rejects the data (HTTP 413)"],
  ] as const) {
    it(`stops at once at HTTP ${status}, and goes on from there later`, async () => {
      const log = writeRun(fake.dir(), 10, 0);
      fake.faults(undefined, { kind: "status", status });
      expect(await fake.send(log)).to.deep.include({ complete: false, rows: 0, reason });
      expect(fake.server.requests).to.have.length(2);
      expect(await fake.send(log)).to.include({ complete: true, rows: 10 });
    });
  }

  it("gives up on a server that is gone for good when its time is over, and says so", async () => {
    const log = writeRun(fake.dir(), 10, 0);
    fake.server.fault = () => ({ kind: "reset", applied: false });
    const before = fake.clock.time;
    const done = await fake.send(log, { attempts: 1000, ms: 120_000 });
    expect(done).to.include({ complete: false });
    expect(done.reason).to.match(/^no success within \d+ attempts, last: ECONNRESET: gone$/);
    expect(fake.clock.time - before).to.be.within(60_000, 120_000);
    expect(existsSync(`${log}.synced`)).to.equal(false);
  });

  it("repeats what the server says of a refusal on one line", async () => {
    const log = writeRun(fake.dir(), 1, 0);
    const transport = fake.server.transport(fake.clock);
    const refusing = {
      ...transport,
      request: async () => ({
        status: 200,
        retryAfter: undefined,
        text: '{"errors":[{"message":"no\\u001b[31m such\\nentity"}]}',
      }),
    };
    expect((await uploadOnce(log, refusing)).reason).to.equal("the server says: no [31m such entity");
  });
});
