/** `wandb_internal.ArtifactRecord`, written and read. */

import { Message } from "../../../../core/wire/protobuf.ts";
import { type Artifact, type ArtifactFile, digestOf, storagePolicy } from "./artifact.ts";
import { Fields } from "./fields.ts";
import type { RunIdentity } from "./records.ts";

export function artifactRecord(artifact: Artifact, run: Pick<RunIdentity, "id" | "entity" | "project">): Message {
  const contents = artifact.files.map(({ path, md5, size, localPath }) =>
    // W&B's client is not to keep a copy of its own (8).
    new Message().string(1, path).string(2, md5).int(4, size).string(6, localPath).int(8, true),
  );
  const manifest = new Message()
    .int(1, 1)
    .string(2, storagePolicy)
    .message(3, new Message().string(1, "storageLayout").string(2, '"V2"'))
    .messages(4, contents);
  return new Message()
    .string(1, run.id)
    .string(2, run.project)
    .string(3, run.entity)
    .string(4, artifact.type)
    .string(5, artifact.name)
    .string(6, digestOf(artifact.files))
    .string(8, artifact.metadata)
    .strings(11, artifact.aliases)
    .message(12, manifest)
    .int(14, true) // to be committed
    .string(15, artifact.clientId)
    .string(16, artifact.sequenceClientId);
}

export function artifactFrom(bytes: Buffer): Artifact {
  const f = new Fields(bytes);
  return {
    type: f.text(4),
    name: f.text(5),
    metadata: f.text(8),
    aliases: f.texts(11),
    clientId: f.text(15),
    sequenceClientId: f.text(16),
    files: new Fields(f.bytes(12)).all(4).map(fileFrom),
  };
}

function fileFrom(bytes: Buffer): ArtifactFile {
  const f = new Fields(bytes);
  return { path: f.text(1), md5: f.text(2), size: f.int(4), localPath: f.text(6) };
}
