import { mkdirSync, statSync, truncateSync } from "node:fs";
import { expect } from "chai";
import { createRandom, type Random } from "../../core/random.ts";
import { Journal } from "../../plugins/sinks/wandb/journal.ts";
import { Replay } from "../../plugins/sinks/wandb/replay.ts";
import { UploadError } from "../../plugins/sinks/wandb/retry.ts";
import { Server } from "../../plugins/sinks/wandb/server.ts";
import type { Transport } from "../../plugins/sinks/wandb/transport.ts";
import { FakeWandb, type Fault } from "../helpers/fake-wandb.ts";
import { runStart, testRow } from "../helpers/rows.ts";
import { useTempDir } from "../helpers/temp.ts";
import {
  account,
  expectedRow,
  historyOf,
  journalOptions,
  journalStart,
  logIn,
  uploadOnce,
} from "../helpers/wandb-run.ts";

/** A process that is gone from one request to the next, at the moment that only its transport sees. */
class Killed extends Error {}

/** The fault of one request; `harm` is the share of requests that something happens to. */
function randomFault(random: Random, harm: number): Fault | undefined {
  if (random.next() > harm) return undefined;
  const applied = random.next() < 0.5;
  switch (random.integer(7)) {
    case 0:
      return { kind: "status", status: 500, applied };
    case 1:
      return { kind: "status", status: 429, retryAfter: String(random.integer(40)) };
    case 2:
      return { kind: "status", status: 503, retryAfter: "0.5", applied };
    case 3:
      return { kind: "reset", applied };
    case 4:
      return { kind: "stall", ms: 30_000 + random.integer(200_000), applied };
    case 5:
      return { kind: "malformed" };
    default:
      return { kind: "status", status: [401, 404, 400][random.integer(3)]! };
  }
}

/** A transport whose process is killed before or after a request, each with this chance. */
function mortal(transport: Transport, random: Random, chance: number): Transport {
  return {
    ...transport,
    async request(request) {
      if (random.next() < chance) throw new Killed();
      const reply = await transport.request(request);
      if (random.next() < chance) throw new Killed();
      return reply;
    },
  };
}

/** One run of a seeded schedule: written in parts by processes that are killed, followed by streams that are, too. */
async function schedule(dir: string, seed: number) {
  const random = createRandom(seed, "fault schedule");
  const server = new FakeWandb();
  const clock = { time: runStart };
  const harm = random.next() * 0.7;
  const total = 10 + random.integer(60);
  const every = 1 + random.integer(15);
  const parts: number[] = []; // parts[i]: which process wrote the row of step i + 1 last
  let away = random.next() < 0.2;
  let over = false;
  let tooEarly = false;
  server.fault = () => {
    // Whatever else happens: no run is shown as finished that is not.
    for (const run of server.runs.values()) tooEarly ||= run.exitcode === 0 && !over;
    return away ? { kind: "reset", applied: false } : randomFault(random, harm);
  };

  let journal = Journal.create(logIn(dir), journalStart, journalOptions);
  let live: Replay | undefined;
  let kills = 0;
  for (let part = 0, step = 0; step < total; ) {
    step += 1;
    journal.row(testRow(step, part));
    parts[step - 1] = part;
    if (random.next() < 0.1) journal.stats(runStart + step, { cpu: step });
    if (random.next() < 0.1) journal.output("stdout", runStart + step, `step ${step}`);
    if (random.next() < 0.3) {
      live ??= new Replay(journal.path, new Server(account, mortal(server.transport(clock), random, 0.02)));
      const patience = { until: clock.time + 60_000, attempts: 5 };
      live = await live.pass(patience).then(
        () => live,
        (thrown: unknown) => {
          if (thrown instanceof UploadError && thrown.kind === "unreachable") return live;
          if (!(thrown instanceof Killed || thrown instanceof UploadError)) throw thrown;
          live?.close();
          return undefined;
        },
      );
    }
    if (random.next() < 0.05 && kills < 6) {
      // SIGKILL: the stream dies with the process; a last write may be torn by the machine going down with it.
      kills += 1;
      live?.close();
      live = undefined;
      journal.close();
      const torn = random.next() < 0.5 ? random.integer(40) : 0;
      const checkpoint = step - (step % every) - (torn > 0 && step % every === 0 ? every : 0);
      truncateSync(journal.path, statSync(journal.path).size - torn);
      step = Math.max(0, checkpoint);
      part += 1;
      journal = Journal.resume(journal.path, step, journalStart, journalOptions);
    }
  }
  const ending = [0, 1, undefined][random.integer(3)];
  if (ending !== undefined) journal.exit(ending, runStart + 1e6);
  journal.close();
  over = ending === 0;

  // `experiment sync`, itself killed and refused, until the server is back and well.
  for (let attempt = 0; attempt < 12; attempt++) {
    const transport = mortal(server.transport(clock), random, 0.05);
    await uploadOnce(journal.path, transport, { attempts: 3, exitCode: 137 }).catch((thrown: unknown) => {
      if (!(thrown instanceof Killed)) throw thrown;
    });
    if (attempt > 5) away = false;
  }
  server.fault = () => undefined;
  const last = await uploadOnce(journal.path, server.transport(clock), { exitCode: 137 });
  const wanted = parts.slice(0, total).map((part, i) => expectedRow(i + 1, part));
  return { server, last, wanted, code: ending ?? 137, kills, tooEarly };
}

describe("150 seeded schedules of faults and kills", () => {
  const dir = useTempDir();
  let kills = 0;

  for (let block = 0; block < 150; block += 30) {
    it(`give every row exactly once, in order, with the true end: seeds ${block} to ${block + 29}`, async () => {
      for (let seed = block; seed < block + 30; seed++) {
        const folder = `${dir()}/${seed}`;
        mkdirSync(folder);
        const result = await schedule(folder, seed);
        kills += result.kills;
        expect(result.last, `seed ${seed}`).to.include({ complete: true, rows: result.wanted.length });
        expect(historyOf(result.server), `seed ${seed}`).to.deep.equal(result.wanted);
        expect(result.tooEarly, `seed ${seed}: shown as finished before it was`).to.equal(false);
        expect(result.server.run("run1").exitcode, `seed ${seed}`).to.equal(result.code);
      }
    });
  }

  it("had kills among them", () => {
    expect(kills).to.be.above(100);
  });
});
