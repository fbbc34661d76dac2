/** Uploads artifacts as W&B's own client does (wandb: core/pkg/artifacts/saver.go): version, files, manifest, commit. */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { type Patience, UploadError } from "../http/retry.ts";
import { type Artifact, type ArtifactFile, digestOf, manifestText, md5Of } from "../log/artifact.ts";
import { artifactPath, fileBeside } from "../log/layout.ts";
import { at, largestFile, type Server, type ServerRun, textAt } from "./server.ts";

const createArtifact = `mutation CreateArtifact($input: CreateArtifactInput!) {
  createArtifact(input: $input) { artifact { id state artifactSequence { latestArtifact { id } } } }
}`;

const createArtifactManifest = `mutation CreateArtifactManifest($artifactID: ID!, $baseArtifactID: ID, $name: String!, $digest: String!, $entityName: String!, $projectName: String!, $runName: String!, $manifestType: ArtifactManifestType!, $includeUpload: Boolean!) {
  createArtifactManifest(input: {artifactID: $artifactID, baseArtifactID: $baseArtifactID, name: $name, digest: $digest, entityName: $entityName, projectName: $projectName, runName: $runName, type: $manifestType}) {
    artifactManifest { id file { id uploadUrl @include(if: $includeUpload) uploadHeaders @include(if: $includeUpload) } }
  }
}`;

const createArtifactFiles = `mutation CreateArtifactFiles($artifactFiles: [CreateArtifactFileSpecInput!]!, $storageLayout: ArtifactStorageLayout!) {
  createArtifactFiles(input: {artifactFiles: $artifactFiles, storageLayout: $storageLayout}) {
    files { edges { node { uploadUrl uploadHeaders artifact { id } } } }
  }
}`;

const commitArtifact = `mutation CommitArtifact($artifactID: ID!) {
  commitArtifact(input: {artifactID: $artifactID}) { artifact { id digest } }
}`;

/** A file that is to be sent and where it stands now. */
type Found = ArtifactFile & { readonly found: string };

/**
 * The artifact's files as they stand beside the log, or undefined where one is gone, has changed since it was logged, or is longer
 * than storage takes.
 */
export async function filesOf(log: string, artifact: Artifact): Promise<readonly Found[] | undefined> {
  const digest = digestOf(artifact.files);
  const files: Found[] = [];
  for (const file of artifact.files) {
    const place = artifactPath(log, digest, file.path);
    const path = place && fileBeside(log, "artifacts", relative(join(dirname(log), "artifacts"), place));
    const fits = path !== undefined && statSync(path).size === file.size && file.size <= largestFile;
    if (!fits || (await md5Of(path)) !== file.md5) return undefined;
    files.push({ ...file, found: path });
  }
  return files;
}

/**
 * Makes the version, unless it is there: the server tells by its digest. May be repeated from any point: what was made before is
 * found again by its client id, and files that storage has are not asked for.
 */
export async function uploadArtifact(
  server: Server,
  run: ServerRun,
  artifact: Artifact,
  files: readonly Found[],
  patience: Patience,
): Promise<void> {
  const made = await server.graphql("CreateArtifact", createArtifact, { input: inputOf(artifact, run) }, patience);
  const version = at(made, "createArtifact", "artifact");
  const artifactID = textAt(version, "id");
  if (artifactID === undefined)
    throw new UploadError("rejected", `the server does not make the artifact ${artifact.name}`);
  if (textAt(version, "state") === "COMMITTED") return;

  const manifestOf = async (digest: string, includeUpload: boolean): Promise<unknown> => {
    const variables = {
      artifactID,
      baseArtifactID: textAt(version, "artifactSequence", "latestArtifact", "id") ?? null,
      name: "wandb_manifest.json",
      digest,
      entityName: run.entity,
      projectName: run.project,
      runName: run.id,
      manifestType: "FULL",
      includeUpload,
    };
    const answer = await server.graphql("CreateArtifactManifest", createArtifactManifest, variables, patience);
    return at(answer, "createArtifactManifest", "artifactManifest");
  };
  const artifactManifestID = textAt(await manifestOf("", false), "id");
  const specs = files.map(({ path, md5 }) => ({ artifactID, name: path, md5, artifactManifestID }));
  const variables = { artifactFiles: specs, storageLayout: "V2" };
  const places = await server.graphql("CreateArtifactFiles", createArtifactFiles, variables, patience);
  const births = new Map<string, string>();
  for (const [i, file] of files.entries()) {
    const place = at(places, "createArtifactFiles", "files", "edges", i, "node");
    if (place === undefined) throw new UploadError("rejected", "the server gives no place to upload files to");
    births.set(file.path, textAt(place, "artifact", "id") ?? artifactID);
    const url = textAt(place, "uploadUrl");
    if (url !== undefined) await server.put(url, at(place, "uploadHeaders"), { file: file.found }, patience);
  }
  const text = manifestText(artifact, births);
  const manifest = await manifestOf(createHash("md5").update(text).digest("base64"), true);
  const url = textAt(manifest, "file", "uploadUrl");
  if (url === undefined) throw new UploadError("rejected", "the server gives no place to upload a manifest to");
  await server.put(url, at(manifest, "file", "uploadHeaders"), text, patience);
  await server.graphql("CommitArtifact", commitArtifact, { artifactID }, patience);
}

function inputOf(artifact: Artifact, run: ServerRun): object {
  return {
    entityName: run.entity,
    projectName: run.project,
    runName: run.id,
    artifactTypeName: artifact.type,
    artifactCollectionName: artifact.name,
    digest: digestOf(artifact.files),
    digestAlgorithm: "MANIFEST_MD5",
    aliases: artifact.aliases.map((alias) => ({ artifactCollectionName: artifact.name, alias })),
    metadata: artifact.metadata === "" ? null : artifact.metadata,
    enableDigestDeduplication: true,
    clientID: artifact.clientId,
    sequenceClientID: artifact.sequenceClientId,
  };
}
