/** What may stand under `executor.kubernetes`. */
import { z } from "zod";

const map = z.record(z.string(), z.unknown());

export const options = z.strictObject({
  image: z.string().min(1).describe("Container image with reluscope in it."),
  claim: z.string().min(1).describe("PersistentVolumeClaim that holds this folder for all pods, and for you."),
  mount: z.string().startsWith("/").default("/sweep").describe("Where pods see that volume."),
  local: z.string().min(1).default(".").describe("Where you see it: a folder, from where the sweep is started."),
  command: z.array(z.string()).min(1).default(["experiment"]).describe("How the image calls reluscope."),
  namespace: z.string().optional().describe("Namespace of the job."),
  parallelism: z.int().min(1).optional().describe("Pods at a time; default: all."),
  retries: z.int().min(0).default(3).describe("How often a run that fails is tried again."),
  grace: z.int().min(0).default(120).describe("Seconds that a pod gets to save a checkpoint when it is stopped."),
  resources: map.default({}).describe("`resources` of the container: requests and limits."),
  container: map.default({}).describe("Anything more for the container, as Kubernetes has it."),
  pod: map.default({}).describe("Anything more for the pod, such as `nodeSelector`."),
  apply: z.boolean().default(false).describe("Apply the manifest with kubectl, instead of only writing it."),
});
export type KubernetesOptions = z.output<typeof options>;
