/** Writing a first config into a folder. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { configExists, unwritable } from "../errors/errors.ts";
import { exampleConfig } from "./example.ts";
import { findConfig } from "./files.ts";

const fileName = ".experimentrc";

/** Writes `.experimentrc` into a folder that has no config yet; with `force`, over the one that it has. Returns its name. */
export async function writeExample(folder: string, force: boolean): Promise<string> {
  const found = await findConfig(folder);
  if (!force && found !== undefined && path.dirname(found) === path.resolve(folder)) {
    throw configExists(path.basename(found));
  }
  try {
    await writeFile(path.join(folder, fileName), exampleConfig(schemaFrom(folder)), { flag: force ? "w" : "wx" });
  } catch (thrown) {
    throw unwritable(fileName, thrown);
  }
  return fileName;
}

/** The built JSON Schema as a path from a folder; absolute where the package lies outside of it. */
function schemaFrom(folder: string): string {
  const candidates = ["../../experimentrc.schema.json", "../../dist/experimentrc.schema.json"];
  const files = candidates.map((candidate) => fileURLToPath(new URL(candidate, import.meta.url)));
  const file = files.find((one) => existsSync(one)) ?? files[0] ?? "";
  const relative = path.relative(folder, file);
  return relative.startsWith("..") ? file : relative.split(path.sep).join("/");
}
