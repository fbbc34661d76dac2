/** Files and artifacts that a log names. */
import { statSync } from "node:fs";
import type { Patience } from "../http/retry.ts";
import { type Artifact, digestOf } from "../log/artifact.ts";
import { fileBeside } from "../log/layout.ts";
import type { Progress } from "../log/progress.ts";
import { filesOf, uploadArtifact } from "./artifact-upload.ts";
import { largestFile, type Server, type ServerRun } from "./server.ts";

/** What is there already. */
type Done = Pick<Progress, "files" | "artifacts">;

/** What a log names, and what of it is there. */
export interface Attachments {
  readonly log: string;
  /** Paths under `files/`. */
  readonly files: readonly string[];
  readonly artifacts: readonly Artifact[];
  readonly done: Done;
}

/**
 * Sends what is not there yet and tells `keep` of each that then is. Returns what cannot be sent: gone, changed or too large.
 */
export async function sendAttachments(
  server: Server,
  run: ServerRun,
  { log, files, artifacts, done }: Attachments,
  patience: Patience,
  keep: (done: Partial<Done>) => void,
): Promise<readonly string[]> {
  const omitted: string[] = [];
  const there = { files: [...done.files], artifacts: [...done.artifacts] };
  for (const name of files) {
    if (there.files.includes(name)) continue;
    const path = fileBeside(log, "files", name);
    if (path === undefined || statSync(path).size > largestFile) {
      omitted.push(name);
      continue;
    }
    await server.upload(run, name, path, patience);
    there.files.push(name);
    keep({ files: [...there.files] });
  }
  for (const artifact of artifacts) {
    const digest = digestOf(artifact.files);
    if (there.artifacts.includes(digest)) continue;
    const found = await filesOf(log, artifact);
    if (found === undefined) {
      omitted.push(`${artifact.name}:${artifact.aliases[0]}`);
      continue;
    }
    await uploadArtifact(server, run, artifact, found, patience);
    there.artifacts.push(digest);
    keep({ artifacts: [...there.artifacts] });
  }
  return omitted;
}
