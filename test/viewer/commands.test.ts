import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { command } from "../helpers/command.ts";
import { writeSyntheticRun } from "../helpers/synthetic-runs.ts";
import { removeTempFolders, tempFolder } from "../helpers/temp.ts";

describe("experiment view, watch, report", () => {
  after(removeTempFolders);

  it("watch prints a run as it stands, and no escape sequence of its making", async () => {
    const cwd = tempFolder();
    writeSyntheticRun(join(cwd, "runs"), { id: "a", name: "evil\u001b[2J\u202e name", outcome: "finished", rows: 100 });
    const { code, stdout } = await command(["watch", "a", "--once"], { cwd });
    expect(code).to.equal(0);
    const lines = stdout.split("\n");
    expect(lines[0]).to.equal("evil name  finished  a");
    expect(lines[1]).to.match(/^step 100\/100 {2}█+ {2}100 %$/);
    expect(stdout).to.match(/token_sparsity\/use_token 3 +0\.\d+ +[▁▂▃▄▅▆▇█]+/);
    expect(stdout).not.to.match(/[\u001b\u202e]/);
  });

  it("watch of a run that has ended prints it and leaves", async () => {
    const cwd = tempFolder();
    writeSyntheticRun(join(cwd, "runs"), { id: "a", rows: 20 });
    const { code, stdout } = await command(["watch"], { cwd });
    expect([code, stdout.split("\n")[0]]).to.deep.equal([0, "a  killed"]);
  });

  it("report writes what the file's name asks for, and refuses a run that is not there", async () => {
    const cwd = tempFolder();
    writeSyntheticRun(join(cwd, "runs"), { id: "a", rows: 20, outcome: "finished" });
    expect(await command(["report", "a", "-o", "out/a.md"], { cwd })).to.include({ code: 0 });
    expect(["out/a.md", "out/a-charts/training-loss.svg"].map((path) => existsSync(join(cwd, path)))).to.deep.equal([
      true,
      true,
    ]);
    const other = await command(["report", "a", "-o", "out/a.pdf"], { cwd });
    expect([other.code, other.stderr]).to.deep.equal([
      2,
      "experiment: --output: expected a file that ends with .html, .md, .png, got `out/a.pdf`. --format writes one of these under any name.\n",
    ]);
    expect(existsSync(join(cwd, "out/a.pdf"))).to.equal(false);
    const missing = await command(["report", "b"], { cwd });
    expect(missing.code).to.equal(2);
    expect(missing.stderr).to.contain("no run `b`");
  });

  it("view refuses to be reached from elsewhere without a token, and stops when it is told to", async () => {
    const cwd = tempFolder();
    const open = await command(["view", "--host", "0.0.0.0", "--port", "0"], { cwd });
    expect([open.code, open.stderr]).to.deep.equal([
      2,
      "experiment: --host `0.0.0.0`: others can reach it, so a token is needed. Add --token, or leave --host out.\n",
    ]);
    const { code, stdout } = await command(["view", "--port", "0", "--token"], {
      cwd,
      started: (child) => child.stdout?.once("data", () => child.kill("SIGINT")),
    });
    expect(code).to.equal(0);
    expect(stdout).to.match(/^Viewing at http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{24} \(Ctrl\+C stops it\)$/m);
  });
});
