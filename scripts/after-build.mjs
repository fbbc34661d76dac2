/** What `tsc` leaves to do: the command executable, the JSON Schema for editors, the example config. */
import { chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { exampleConfig } from "../dist/core/config/example.js";
import { configJsonSchema } from "../dist/core/config/json-schema.js";
import { pluginSchemas } from "../dist/core/plugin-schemas.js";
import { builtIns } from "../dist/plugins/index.js";

const root = new URL("../", import.meta.url);
const schema = configJsonSchema(await pluginSchemas(builtIns));
await linkCommand();
await chmod(new URL("dist/core/main.js", root), 0o755);
await writeFile(new URL("dist/experimentrc.schema.json", root), `${JSON.stringify(schema, null, 2)}\n`);
await writeFile(new URL(".experimentrc.example", root), exampleConfig("dist/experimentrc.schema.json"));

/** Lets `npx experiment` find the command in this checkout at once; npm links the commands of dependencies only. */
async function linkCommand() {
  const folder = new URL("node_modules/.bin/", root);
  await mkdir(folder, { recursive: true });
  await rm(new URL("experiment", folder), { force: true });
  if (process.platform === "win32") {
    const main = fileURLToPath(new URL("dist/core/main.js", root));
    await writeFile(new URL("experiment.cmd", folder), `@node "${main}" %*\r\n`);
  } else {
    await symlink("../../dist/core/main.js", new URL("experiment", folder));
  }
}
