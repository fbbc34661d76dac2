/** A run's checkpoints, brought to where an upload looks for files: beside the log, so that they move with it. */
import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, linkSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { makeOwnFolder } from "../../../../core/files/own-file.ts";
import { files } from "../../../../core/record/format.ts";
import { type Artifact, type ArtifactFile, digestOf, md5Of } from "./artifact.ts";
import { artifactPath } from "./layout.ts";

/** Puts a run's checkpoints under the log's `files/` and returns their names there. */
export function checkpointFiles(runDir: string, log: string): string[] {
  return checkpointsOf(runDir).flatMap((folder) =>
    filesIn(folder).map((path) => {
      const name = ["checkpoints", basename(folder), nameIn(folder, path)].join("/");
      linkOrCopy(log, path, join(dirname(log), "files", name));
      return name;
    }),
  );
}

/** Each checkpoint of a run as a version of the artifact `checkpoint-<id>`, oldest first; the newest is `latest`. */
export async function checkpointArtifacts(runDir: string, log: string, id: string): Promise<Artifact[]> {
  const name = `checkpoint-${id}`.replace(/[^\w.-]+/g, "-").slice(0, 128);
  const sequenceClientId = clientId();
  const versions: Artifact[] = [];
  const folders = checkpointsOf(runDir);
  for (const folder of folders) {
    const step = Number(/\d+$/.exec(folder)?.[0]);
    const found: Omit<ArtifactFile, "localPath">[] = [];
    for (const path of filesIn(folder)) {
      found.push({ path: nameIn(folder, path), md5: await md5Of(path), size: statSync(path).size });
    }
    const digest = digestOf(found);
    const placed = found.flatMap((file): ArtifactFile[] => {
      const localPath = artifactPath(log, digest, file.path);
      if (localPath === undefined) return [];
      linkOrCopy(log, join(folder, file.path), localPath);
      return [{ ...file, localPath }];
    });
    const aliases = [`step-${step}`, ...(folder === folders.at(-1) ? ["latest"] : [])];
    const metadata = JSON.stringify({ step });
    versions.push({ name, type: "model", aliases, metadata, clientId: clientId(), sequenceClientId, files: placed });
  }
  return versions;
}

/** The folders of whole checkpoints, in order of their steps. */
function checkpointsOf(runDir: string): string[] {
  const root = join(runDir, files.checkpoints);
  if (!existsSync(root)) return [];
  const names = readdirSync(root).filter((name) => /^step-\d+$/.test(name));
  return names.sort((a, b) => Number(a.slice(5)) - Number(b.slice(5))).map((name) => join(root, name));
}

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function nameIn(folder: string, path: string): string {
  return relative(folder, path).split(sep).join("/");
}

/** A link where the disk has them, else a copy, in the place of what an earlier part of the run put there. */
function linkOrCopy(log: string, from: string, to: string): void {
  makeOwnFolder(dirname(log), relative(dirname(log), dirname(to)));
  rmSync(to, { force: true });
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

function clientId(): string {
  return randomBytes(64).toString("hex");
}
