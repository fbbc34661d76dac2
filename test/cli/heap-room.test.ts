import { spawnSync } from "node:child_process";
import { expect } from "chai";

describe("giveHeapRoom", () => {
  it("sets a flag that this Node's V8 has: it says so of others", () => {
    const script = 'import("./cli/heap-room.ts").then(({ giveHeapRoom }) => giveHeapRoom())';
    const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx/esm", "-e", script], { encoding: "utf8" });
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: "" });
  });
});
