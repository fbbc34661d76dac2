/** Loaded before all tests: what the product keeps for its user goes to a folder of the tests' own, never to the tester's home. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "reluscope-state-"));
process.env.XDG_STATE_HOME = folder;
// Settings of the tester are not the tests'.
for (const name of Object.keys(process.env)) if (name.startsWith("RELUSCOPE_")) delete process.env[name];
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
