/** Artifacts of the fake server: what `CreateArtifact` and its like make, and whether it is whole when it is committed. */
import { createHash } from "node:crypto";

/** A version of an artifact. */
export interface FakeVersion {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly digest: string;
  readonly metadata: string;
  state: "PENDING" | "COMMITTED";
  manifest: string;
  manifestMd5: string;
  /** Files by path, with the MD5 that was announced. */
  readonly files: Map<string, { readonly md5: string; bytes: Buffer | undefined }>;
}

const md5 = (bytes: Buffer | string) => createHash("md5").update(bytes).digest("base64");

export class FakeArtifacts {
  readonly versions: FakeVersion[] = [];
  /** Where the server listens; empty without a network. */
  url = "";
  /** Which version an alias is at: `name:alias` to digest. */
  readonly aliases: Map<string, string> = new Map();

  /** Answers an operation; undefined for one that is not about artifacts. A string is an error. */
  answer(operation: string, variables: Record<string, unknown>): object | string | undefined {
    if (operation === "CreateArtifact") return this.#create(variables.input as Record<string, unknown>);
    if (operation === "CreateArtifactManifest") return this.#manifest(variables);
    if (operation === "CreateArtifactFiles") return this.#files(variables);
    if (operation === "CommitArtifact") return this.#commit(String(variables.artifactID));
    return undefined;
  }

  /** Takes what is put at `/artifacts/<version>/<path>`; whether it is what was announced. */
  put(version: string, path: string, bytes: Buffer): boolean {
    const one = this.#find(version);
    if (path === "wandb_manifest.json") {
      one.manifest = bytes.toString("utf8");
      return md5(bytes) === one.manifestMd5;
    }
    const file = one.files.get(path);
    if (file?.md5 !== md5(bytes)) return false;
    file.bytes = bytes;
    return true;
  }

  #find(id: string): FakeVersion {
    const found = this.versions.find((one) => one.id === id);
    if (found === undefined) throw new Error(`no artifact ${id}`);
    return found;
  }

  #create(input: Record<string, unknown>): object {
    const [name, digest] = [String(input.artifactCollectionName), String(input.digest)];
    const ids = [input.clientID, input.sequenceClientID].map(String);
    if (ids.some((id) => id.length !== 128)) throw new Error("client ids have 128 characters");
    let version = this.versions.find((one) => one.name === name && one.digest === digest);
    const latest = this.versions.findLast((one) => one.name === name && one.state === "COMMITTED");
    if (version === undefined) {
      const made = { state: "PENDING", manifest: "", manifestMd5: "", files: new Map() } as const;
      const [type, metadata] = [String(input.artifactTypeName), String(input.metadata)];
      version = { ...made, id: `artifact-${this.versions.length}`, name, digest, type, metadata, files: new Map() };
      this.versions.push(version);
    }
    for (const { alias } of input.aliases as { alias: string }[]) this.aliases.set(`${name}:${alias}`, digest);
    const artifactSequence = { latestArtifact: latest === undefined ? null : { id: latest.id } };
    return { createArtifact: { artifact: { id: version.id, state: version.state, artifactSequence } } };
  }

  #manifest({ artifactID, digest, includeUpload }: Record<string, unknown>): object {
    const version = this.#find(String(artifactID));
    version.manifestMd5 = String(digest);
    const place = {
      uploadUrl: `${this.url}/artifacts/${version.id}/wandb_manifest.json`,
      uploadHeaders: ["X-Signed: yes"],
    };
    const file = { id: "f", ...(includeUpload ? place : {}) };
    return { createArtifactManifest: { artifactManifest: { id: `${version.id}-manifest`, file } } };
  }

  /** W&B's client 0.30 has everything in `input`, that of 0.28 has not. */
  #files({ input, artifactFiles }: Record<string, unknown>): object {
    const specs = (input as { artifactFiles: unknown } | undefined)?.artifactFiles ?? artifactFiles;
    const edges = (specs as Record<string, string>[]).map(({ artifactID = "", name = "", md5: announced = "" }) => {
      const version = this.#find(artifactID);
      const stored = this.versions.flatMap((one) => [...one.files]).find(([, f]) => f.md5 === announced && f.bytes);
      if (stored !== undefined) version.files.set(name, stored[1]);
      else version.files.set(name, { md5: announced, bytes: undefined });
      const uploadUrl = stored ? null : `${this.url}/artifacts/${version.id}/${encodeURIComponent(name)}`;
      return { node: { uploadUrl, uploadHeaders: [`Content-MD5:${announced}`], artifact: { id: artifactID } } };
    });
    return { createArtifactFiles: { files: { edges } } };
  }

  #commit(id: string): object | string {
    const version = this.#find(id);
    const { contents } = JSON.parse(version.manifest) as { contents: Record<string, { digest: string }> };
    for (const [path, { digest }] of Object.entries(contents)) {
      const bytes = version.files.get(path)?.bytes;
      if (bytes === undefined || md5(bytes) !== digest) return `${path} is not there`;
    }
    version.state = "COMMITTED";
    return { commitArtifact: { artifact: { id, digest: version.digest } } };
  }
}
