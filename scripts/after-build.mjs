/** What `tsc` leaves to do: the command executable, the JSON Schemas for editors, the example config. */
import { chmod, writeFile } from "node:fs/promises";
import { exampleConfig } from "../dist/core/config/example.js";
import { configJsonSchema } from "../dist/core/config/json-schema.js";
import { pluginSchemas } from "../dist/core/host/plugin-schemas.js";
import { builtIns } from "../dist/plugins/index.js";
import { planSchema } from "../dist/studies/sweep/plan.js";

const root = new URL("../", import.meta.url);
const schema = configJsonSchema(await pluginSchemas(builtIns), { sweep: planSchema });
const plan = { $schema: schema.$schema, ...schema.properties.sweep, title: "A sweep's plan" };
await chmod(new URL("dist/cli/main.js", root), 0o755);
await writeFile(new URL("dist/experimentrc.schema.json", root), `${JSON.stringify(schema, null, 2)}\n`);
await writeFile(new URL("dist/sweep.schema.json", root), `${JSON.stringify(plan, null, 2)}\n`);
await writeFile(new URL(".experimentrc.example", root), exampleConfig("dist/experimentrc.schema.json"));
