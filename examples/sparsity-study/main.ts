/** The study in one command: `npx tsx examples/sparsity-study/main.ts [--short]`. Trains what is missing, then writes README.md and results/. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { figures } from "./figures.ts";
import { type Earlier, page } from "./page.ts";
import { type FormName, forms } from "./plan.ts";
import { type Summary, summarise } from "./summary.ts";
import { trainAll } from "./train-all.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));
const form: FormName = process.argv.includes("--short") ? "short" : "full";
const found = JSON.stringify(await summarise(await trainAll(folder, console.log, forms[form]), form), null, 2);
const earlier = JSON.parse(readFileSync(join(folder, "results", "earlier.json"), "utf8")) as Earlier;
const summary = JSON.parse(found) as Summary; // as a reader of the file has it
mkdirSync(join(folder, "results"), { recursive: true });
writeFileSync(join(folder, "results", "summary.json"), `${found}\n`);
for (const [name, svg] of Object.entries(await figures(summary))) writeFileSync(join(folder, "results", name), svg);
writeFileSync(join(folder, "README.md"), page(summary, earlier));
console.log("README.md and results/ written");
