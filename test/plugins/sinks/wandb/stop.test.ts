import { expect } from "chai";
import { Server, type ServerRun } from "../../../../plugins/sinks/wandb/upload/server.ts";
import { createStopRequest } from "../../../../plugins/sinks/wandb/upload/stop-request.ts";
import { FakeWandb } from "../../../helpers/fake-wandb.ts";
import { useTempDir } from "../../../helpers/temp.ts";
import { account, uploadOnce, writeRun } from "../../../helpers/wandb-run.ts";

describe("createStopRequest", () => {
  const answers = (resumed: boolean, asked: readonly boolean[]) => asked.map(createStopRequest(resumed));

  it("tells once, at the first answer that asks", () => {
    expect(answers(false, [false, true, true, false, true])).to.deep.equal([false, true, false, false, false]);
    expect(answers(false, [true])).to.deep.equal([true]);
  });

  it("takes one that stands when a resumed run comes back for its earlier part's, so that it can go on", () => {
    expect(answers(true, [true, true, false, true])).to.deep.equal([false, false, false, true]);
    expect(answers(true, [false, true])).to.deep.equal([false, true]);
  });
});

describe("Server", () => {
  const dir = useTempDir();

  it("takes only `true` for a request to stop, in answers to rows as to heartbeats, and the last answer counts", async () => {
    const fake = new FakeWandb();
    await uploadOnce(writeRun(dir(), 3), fake.transport({ time: 0 }));
    const server = new Server(account, fake.transport({ time: 0 }));
    const run: ServerRun = { storageId: "", entity: "me", project: "p", id: "run1" };
    const patience = { until: Number.POSITIVE_INFINITY, attempts: 1 };
    const seen: boolean[] = [];
    for (const stopped of [undefined, null, "true", 1, {}, [true], true, "false", true, false]) {
      fake.stopped = stopped;
      await server.stream(run, {}, patience);
      seen.push(server.stopAsked);
    }
    expect(seen).to.deep.equal([false, false, false, false, false, false, true, false, true, false]);
    server.heard({ stopped: { stopped: true } });
    for (const answer of [null, "stopped", 5, [], { stopped: true, errors: ["no"] }]) {
      expect(() => server.heard(answer)).to.throw();
    }
    expect(server.stopAsked).to.equal(false);
  });

  it("means nothing to an upload after the run: all rows and the end arrive", async () => {
    const fake = new FakeWandb();
    fake.stopped = true;
    const done = await uploadOnce(writeRun(dir(), 5, 0), fake.transport({ time: 0 }));
    expect(done).to.include({ complete: true, rows: 5 });
    expect(fake.run("run1").exitcode).to.equal(0);
  });
});
