import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { findPlugins } from "../../../../core/engine/xla/discover.ts";
import { useTempDir } from "../../../helpers/temp.ts";

describe("findPlugins", () => {
  const dir = useTempDir();

  /** A Python environment with plugins; gives the plugins' paths. */
  function environment(name: string, ...plugins: string[]): string[] {
    const file = (path: string) => {
      mkdirSync(dirname(join(dir(), name, path)), { recursive: true });
      writeFileSync(join(dir(), name, path), "");
      return join(dir(), name, path);
    };
    file("bin/python3");
    return plugins.map((plugin) => file(`lib/python3.12/site-packages/jax_plugins/${plugin}`));
  }
  const paths = (env: Record<string, string>, named?: string) =>
    findPlugins(named, { env, home: join(dir(), "home") }).map(({ path }) => path);

  it("takes what the config names, then PJRT_PLUGIN, and looks no further", () => {
    const [found] = environment("venv", "xla_cuda13/xla_cuda_plugin.so");
    const env = { VIRTUAL_ENV: join(dir(), "venv"), PJRT_PLUGIN: "/opt/one.so" };
    expect(paths(env, "/opt/other.so")).to.deep.equal(["/opt/other.so"]);
    expect(paths(env)).to.deep.equal(["/opt/one.so"]);
    expect(paths({ ...env, PJRT_PLUGIN: "" })).to.deep.equal([found]);
  });

  it("searches the active environment, then Conda's, then those on PATH; the latest plugin of each first", () => {
    const [old, late] = environment("venv", "xla_cuda12/xla_cuda_plugin.so", "xla_cuda13/xla_cuda_plugin.so");
    const [conda] = environment("conda", "xla_rocm7/xla_rocm_plugin.so");
    const [path] = environment("tools", "xla_cuda12/xla_cuda_plugin.so");
    const env = {
      VIRTUAL_ENV: join(dir(), "venv"),
      CONDA_PREFIX: join(dir(), "conda"),
      PATH: join(dir(), "tools", "bin"),
    };
    expect(paths(env)).to.deep.equal([late, old, conda, path]);
  });

  it("finds nothing where there is nothing", () => {
    expect(paths({ PATH: join(dir(), "nowhere") })).to.deep.equal([]);
  });
});
