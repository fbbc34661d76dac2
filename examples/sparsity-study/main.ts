/** The study in one command: `npx tsx examples/sparsity-study/main.ts`. Trains what is missing, then writes README.md and results/. */
import { fileURLToPath } from "node:url";
import { trainAll } from "./train-all.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));
const runs = await trainAll(folder, console.log);
console.log(`${runs.size} runs`);
