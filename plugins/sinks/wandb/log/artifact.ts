/** A version of a W&B artifact: what it is called by, and which files it is made of. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";

export interface Artifact {
  readonly name: string;
  readonly type: string;
  readonly aliases: readonly string[];
  /** JSON text of an object. */
  readonly metadata: string;
  /** 128 characters each: what a server knows the version by when it is asked for twice, and the series that it begins. */
  readonly clientId: string;
  readonly sequenceClientId: string;
  readonly files: readonly ArtifactFile[];
}

export interface ArtifactFile {
  /** In the artifact, with `/`. */
  readonly path: string;
  /** MD5 of its bytes, base64. */
  readonly md5: string;
  /** Bytes. */
  readonly size: number;
  /** Where it stood when it was logged, absolute, for W&B's own client. */
  readonly localPath: string;
}

/** The name of the one way in which W&B keeps files. */
export const storagePolicy = "wandb-storage-policy-v1";

/** MD5 over paths and digests, as W&B's client makes it (wandb: sdk/artifacts/artifact_manifests/artifact_manifest_v1.py). */
export function digestOf(files: readonly Pick<ArtifactFile, "path" | "md5">[]): string {
  const hash = createHash("md5").update("wandb-artifact-manifest-v1\n");
  const lines = files.map(({ path, md5 }) => [path, md5] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [path, md5] of lines) hash.update(`${path}:${md5}\n`);
  return hash.digest("hex");
}

/** The file that says what an artifact holds; `births` has the id of the artifact that brought each file first. */
export function manifestText({ files }: Artifact, births: ReadonlyMap<string, string>): string {
  const contents = files.map(({ path, md5, size }) => {
    const birth = births.get(path);
    return [path, { digest: md5, size, ...(birth !== undefined && { birthArtifactID: birth }) }] as const;
  });
  const storagePolicyConfig = { storageLayout: "V2" };
  return JSON.stringify({ version: 1, storagePolicy, storagePolicyConfig, contents: Object.fromEntries(contents) });
}

/** MD5 of a file, base64, read piece by piece. */
export async function md5Of(path: string): Promise<string> {
  const hash = createHash("md5");
  await pipeline(createReadStream(path), hash);
  return hash.digest("base64");
}
