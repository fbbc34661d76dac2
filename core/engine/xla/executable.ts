/** Compiled programs, kept on disk: compiling one takes seconds, loading it a fraction of that. */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { compileOptions, type XlaFlags } from "./compile-options.ts";
import type { Client, Device } from "./pjrt/client.ts";
import type { Address } from "./pjrt/memory.ts";

/** How many programs are kept; the ones used longest ago go first. */
const mostKept = 64;

/** Loads the program from disk where it was compiled before by the same plugin for the same devices, else compiles it. */
export async function compiled(
  client: Client,
  devices: readonly Device[],
  text: string,
  flags: XlaFlags,
): Promise<Address> {
  const options = compileOptions(
    devices.map(({ id }) => id),
    flags,
  );
  const folder = cacheFolder();
  const file = join(folder, `${keyOf(client, devices, text, options)}.bin`);
  const known = await readFile(file).catch(() => undefined);
  if (known !== undefined) {
    try {
      const executable = await client.load(known);
      await utimes(file, new Date(), new Date()).catch(() => {});
      return executable;
    } catch {
      await rm(file, { force: true }); // of an interrupted machine, or of a plugin that changed its format
    }
  }
  const executable = await client.compile(text, options);
  await keep(folder, file, () => client.serialised(executable)).catch(() => {}); // a full disk costs time, not the run
  return executable;
}

/** `XDG_CACHE_HOME`, else `~/.cache`. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "reluscope", "xla");
}

function keyOf(client: Client, devices: readonly Device[], text: string, options: Uint8Array): string {
  const { plugin, platform, platformVersion } = client;
  const { size, mtimeMs } = statSync(plugin.path);
  const about = [plugin.path, size, mtimeMs, plugin.version, platform, platformVersion, process.env.XLA_FLAGS ?? ""];
  const kinds = devices.map(({ kind }) => kind);
  return createHash("sha256")
    .update(JSON.stringify([...about, ...kinds]))
    .update(options)
    .update(text)
    .digest("hex");
}

async function keep(folder: string, file: string, code: () => Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const aside = `${file}.${process.pid}`;
  await writeFile(aside, code(), { mode: 0o600 });
  await rename(aside, file);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".bin"));
  if (names.length <= mostKept) return;
  const used = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })));
  used.sort((a, b) => b.at - a.at);
  for (const { name } of used.slice(mostKept)) await rm(join(folder, name), { force: true });
}
