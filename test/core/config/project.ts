/** A temporary project folder for config tests. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type ConfigRequest, type LoadedConfig, loadConfig } from "../../../core/config/load.ts";
import { configSchema } from "../../../core/config/schema.ts";
import { ExperimentError } from "../../../core/errors/errors.ts";

/** What holds when nothing is configured. */
export const defaults = configSchema.parse({});

/** A folder of its own for each test of a suite, made and removed by mocha's hooks. */
export interface Project {
  readonly dir: string;
  write(file: string, text: string): Promise<string>;
  load(request?: Partial<ConfigRequest>): Promise<LoadedConfig>;
  /** The lines of the error that loading throws. */
  faults(request?: Partial<ConfigRequest>): Promise<string[]>;
}

/** Call inside `describe`. */
export function createProject(): Project {
  let dir = "";
  beforeEach(async () => {
    dir = await realpath(await mkdtemp(path.join(tmpdir(), "reluscope-config-")));
    await writeFile(path.join(dir, "package.json"), "{}");
  });
  afterEach(() => rm(dir, { recursive: true }));

  const load = (request: Partial<ConfigRequest> = {}) => loadConfig({ cwd: dir, env: {}, ...request });
  return {
    get dir() {
      return dir;
    },
    async write(file, text) {
      const target = path.join(dir, file);
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, text);
      return target;
    },
    load,
    async faults(request) {
      const error: unknown = await load(request).then(
        () => undefined,
        (thrown) => thrown,
      );
      if (!(error instanceof ExperimentError)) throw error ?? new Error("expected loading to fail");
      return error.message.split("\n");
    },
  };
}
