/** The manifest of a sweep's job: batch/v1, completion mode Indexed (Kubernetes 1.29 or later, for retries by index). */
import { isAbsolute, posix, relative, resolve, sep } from "node:path";
import { formatIndices, type SweepJob } from "../../../core/contract/executor.ts";
import { outsideVolume } from "../../../core/errors/errors.ts";
import type { KubernetesOptions } from "./options.ts";

/** `suffix` tells this submission from earlier ones: letters and digits. */
export function jobManifest(job: SweepJob, options: KubernetesOptions, suffix: string) {
  const { image, mount, command, namespace, parallelism, retries, grace, resources, container, pod } = options;
  const inVolume = (path: string) => volumePath(path, resolve(job.cwd, options.local), mount);
  const count = job.runs.length;
  const name = `${dnsName(job.name).slice(0, 40)}-${suffix}`;
  const labels = { "app.kubernetes.io/name": "reluscope", "reluscope/sweep": dnsName(job.name).slice(0, 63) };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, ...(namespace !== undefined && { namespace }), labels },
    spec: {
      completions: count,
      parallelism: job.atOnce ?? parallelism ?? count,
      completionMode: "Indexed",
      backoffLimitPerIndex: retries,
      podFailurePolicy: {
        rules: [
          // A pod that was moved, or that saved a checkpoint and stopped, is begun again and counts as no failure.
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
          { action: "Ignore", onExitCodes: { containerName: "run", operator: "In", values: [75, 130] } },
          // A plan or config that is wrong stays wrong.
          { action: "FailIndex", onExitCodes: { containerName: "run", operator: "In", values: [2] } },
        ],
      },
      template: {
        metadata: { labels },
        spec: {
          ...pod,
          restartPolicy: "Never",
          terminationGracePeriodSeconds: grace,
          containers: [
            {
              ...container,
              name: "run",
              image,
              command: [...command, "sweep", "run", inVolume(job.plan)],
              args: indexArguments(job),
              workingDir: inVolume(job.cwd),
              ...(Object.keys(resources).length > 0 && { resources }),
              volumeMounts: [...listOf(container.volumeMounts), { name: "sweep", mountPath: mount }],
            },
          ],
          volumes: [...listOf(pod.volumes), { name: "sweep", persistentVolumeClaim: { claimName: options.claim } }],
        },
      },
    },
  };
}

/** Which run a pod does: indices of a job count from 0 without gaps. */
function indexArguments({ runs, planned }: SweepJob): string[] {
  const own = "$(JOB_COMPLETION_INDEX)";
  if (runs.length === planned) return ["--index", own];
  return ["--of", formatIndices(runs), "--share", `${own}/${runs.length}`];
}

/** A path here as pods see it. Throws `usage` for one that is not in the volume. */
function volumePath(path: string, local: string, mount: string): string {
  const below = relative(local, path);
  if (below === ".." || below.startsWith(`..${sep}`) || isAbsolute(below))
    throw outsideVolume("executor.kubernetes.local", path, local);
  return posix.join(mount, ...below.split(sep));
}

/** A name as DNS has them (RFC 1123). */
function dnsName(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-+|-+$/g, "") || "sweep"
  );
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
