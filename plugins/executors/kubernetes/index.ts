/** Runs as one Indexed Job of Kubernetes: a manifest, applied by kubectl when asked. */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineExecutor } from "../../../core/contract/executor.ts";
import { makeOwnFolder } from "../../../core/files/own-file.ts";
import { called } from "../called.ts";
import { jobManifest } from "./manifest.ts";
import { options } from "./options.ts";
import { yamlText } from "./yaml-text.ts";

export const kubernetes = defineExecutor({
  name: "kubernetes",
  summary: "An Indexed Job of Kubernetes, one pod a run, over a volume that all share.",
  options,
  setup: (chosen) => ({
    async submit(job) {
      const folder = join(job.folder, "kubernetes");
      const manifest = jobManifest(job, chosen, Date.now().toString(36));
      const file = join(folder, `${manifest.metadata.name}.yaml`);
      makeOwnFolder(job.folder, "kubernetes");
      writeFileSync(file, yamlText(manifest));
      if (!chosen.apply) return `wrote ${file}: start it with kubectl apply -f ${file}`;
      return `${(await called("kubectl", ["apply", "-f", file])).trim()} (${job.runs.length} runs, ${file})`;
    },
    async cancel(job) {
      const folder = join(job.folder, "kubernetes");
      const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".yaml")) : [];
      if (files.length === 0) return "nothing of it was submitted to Kubernetes";
      const given = files.flatMap((name) => ["-f", join(folder, name)]);
      return (await called("kubectl", ["delete", "--ignore-not-found", ...given])).trim();
    },
  }),
});
