import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Job } from "kubernetes-models/batch/v1";
import { parseWith } from "../../../core/config/check.ts";
import { parseYaml } from "../../../core/config/yaml.ts";
import type { SweepJob } from "../../../core/contract/executor.ts";
import { readRun } from "../../../core/record/runs.ts";
import { kubernetes } from "../../../plugins/executors/kubernetes/index.ts";
import { command, commandPath } from "../../helpers/command.ts";
import { tinySweep, writeSweep } from "../../helpers/sweeps.ts";
import { useTempDir } from "../../helpers/temp.ts";

describe("kubernetes", () => {
  const dir = useTempDir();
  const submitted = async (runs: readonly number[], given: object = {}, changes: Partial<SweepJob> = {}) => {
    const folder = join(dir(), "runs", "lr by_Seed.sweep");
    const job: SweepJob = {
      name: "lr by_Seed",
      folder,
      runs,
      ids: runs.map((index) => `lr-by-seed-${index}`),
      planned: 4,
      plan: join(folder, "plan-01234567.json"),
      command: ["unused"],
      cwd: dir(),
      ...changes,
    };
    const options = parseWith<unknown>(kubernetes.options, { image: "lab/reluscope:1", claim: "shared", ...given }, []);
    const host = { info: () => {}, warn: () => {}, report: () => {} };
    const local = { local: dir(), ...(options as object) };
    const instance = kubernetes.setup({ ...local, local: dir() } as never);
    const said = await instance.submit(job, host, new AbortController().signal);
    const [file] = readdirSync(join(folder, "kubernetes"));
    const text = readFileSync(join(folder, "kubernetes", file!), "utf8");
    return { said, text, manifest: (await parseYaml(text)) as NonNullable<ConstructorParameters<typeof Job>[0]> };
  };

  it("writes a manifest that is valid as batch/v1, one index a run", async () => {
    const { manifest, said, text } = await submitted([0, 1, 2, 3], {
      resources: { limits: { cpu: "2", memory: "4Gi" } },
      pod: { nodeSelector: { pool: "spot" }, volumes: [{ name: "more", emptyDir: {} }] },
      container: { env: [{ name: "NOTE", value: 'a "quoted"\nvalue: {x}' }] },
    });
    new Job(manifest).validate();
    const wrong = { ...manifest!, spec: { ...manifest!.spec!, completionMode: "Sometimes" as "Indexed" } };
    expect(() => new Job(wrong).validate()).to.throw();
    expect(said).to.match(/^wrote .*\.yaml: start it with kubectl apply -f /);
    expect(text).to.include("\n  completions: 4\n");
    const { spec, metadata } = manifest!;
    expect(metadata?.name).to.match(/^lr-by-seed-[a-z0-9]+$/);
    expect(spec).to.deep.include({
      completions: 4,
      parallelism: 4,
      completionMode: "Indexed",
      backoffLimitPerIndex: 3,
    });
    const pod = spec!.template.spec!;
    expect(pod.containers[0]).to.deep.include({
      command: ["experiment", "sweep", "run", "/sweep/runs/lr by_Seed.sweep/plan-01234567.json"],
      args: ["--index", "$(JOB_COMPLETION_INDEX)"],
      workingDir: "/sweep",
      env: [{ name: "NOTE", value: 'a "quoted"\nvalue: {x}' }],
    });
    expect(pod.volumes?.map(({ name }) => name)).to.deep.equal(["more", "sweep"]);
  });

  it("counts the indices of a part of the plan without gaps", async () => {
    const { manifest } = await submitted([1, 3], {}, { atOnce: 1 });
    new Job(manifest).validate();
    expect(manifest?.spec).to.deep.include({ completions: 2, parallelism: 1 });
    expect(manifest?.spec?.template.spec?.containers[0]?.args).to.deep.equal([
      "--of",
      "1,3",
      "--share",
      "$(JOB_COMPLETION_INDEX)/2",
    ]);
  });

  it("writes a command that does its run, given what Kubernetes gives a pod", async function () {
    this.timeout(60_000);
    const seen = { image: "lab/reluscope:1", claim: "shared", mount: dir(), command: [process.execPath, commandPath] };
    writeSweep(dir(), { executor: { kubernetes: seen } });
    const { runs, root, folder } = await tinySweep(dir());
    const { code, stdout, stderr } = await command(["sweep", "plan.yaml"], { cwd: dir() });
    expect(code, stderr).to.equal(0);
    expect(stdout).to.include(
      "\nwatch them: experiment sweep status plan.yaml --watch\ngo on, once kubernetes has none of them left: experiment sweep plan.yaml\n",
    );
    const [file] = readdirSync(join(folder, "kubernetes"));
    const manifest = (await parseYaml(readFileSync(join(folder, "kubernetes", file!), "utf8"))) as {
      spec: { template: { spec: { containers: { command: string[]; args: string[]; workingDir: string }[] } } };
    };
    const [container] = manifest.spec.template.spec.containers;
    const [program, main, ...given] = [...container!.command, ...container!.args];
    expect([program, main]).to.deep.equal(seen.command);
    const pod = await command(
      given.map((word) => word.replace("$(JOB_COMPLETION_INDEX)", "3")),
      { cwd: container!.workingDir, env: { JOB_COMPLETION_INDEX: "3" } },
    );
    expect(pod.stdout, pod.stderr).to.equal("run 3 (lr=0.01 seed=2): finished\n");
    expect(readRun(join(root, runs[3]!.id)).run.attempts.at(-1)?.outcome?.state).to.equal("finished");
  });

  it("refuses a plan that pods cannot see, and options that are not there", async () => {
    const outside = submitted([0], {}, { plan: "/elsewhere/plan-01234567.json" });
    expect(await outside.then(String, (thrown) => thrown.message)).to.match(/folder that pods see too/);
    expect(() => parseWith<unknown>(kubernetes.options, { image: "i" }, ["executor", "kubernetes"])).to.throw("claim");
  });
});
