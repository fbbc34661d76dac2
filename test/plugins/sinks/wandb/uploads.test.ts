import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { RunLog } from "../../../../plugins/sinks/wandb/log/run-log.ts";
import { runStart, testRow } from "../../../helpers/rows.ts";
import { logIn, runLogOptions, runLogStart, testKey, useFakeServer, writeRun } from "../../../helpers/wandb-run.ts";

describe("upload of files, and the key", () => {
  const fake = useFakeServer();

  it("uploads files to the signed place without the key, and none from outside of the run", async () => {
    const runLog = RunLog.create(logIn(fake.dir()), runLogStart, runLogOptions);
    runLog.row(testRow(1));
    mkdirSync(join(fake.dir(), "files", "a b"), { recursive: true });
    writeFileSync(join(fake.dir(), "files", "a b", "ü.txt"), "content");
    writeFileSync(join(fake.dir(), "secret"), "no");
    runLog.files(["a b/ü.txt", "../secret", "missing"], "other");
    runLog.exit(0, runStart);
    runLog.close();
    await fake.send(runLog.path);
    const put = fake.server.requests.filter(({ operation }) => operation === "PUT");
    expect([...fake.server.run("run1").files]).to.deep.equal([["a b/ü.txt", "content"]]);
    expect(put.map(({ authorization }) => authorization)).to.deep.equal([""]);
    expect([...fake.server.run("run1").uploaded]).to.deep.equal(["a b/ü.txt"]);
  });

  it("writes the key nowhere and sends it in no body", async () => {
    await fake.send(writeRun(fake.dir(), 5, 0));
    for (const name of readdirSync(fake.dir())) {
      if (statSync(join(fake.dir(), name)).isFile())
        expect(readFileSync(join(fake.dir(), name), "utf8")).to.not.include(testKey);
    }
    for (const { body, path } of fake.server.requests) expect(path + body).to.not.include(testKey);
    expect(fake.server.requests[0]?.authorization).to.equal(
      `Basic ${Buffer.from(`api:${testKey}`).toString("base64")}`,
    );
  });
});
