/** Kills the processes of a sweep over and over (200 times, or as many as the first argument says) and tells what is wrong afterwards. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command } from "../test/helpers/command.ts";
import { faultsOf, killSweep, planOf } from "../test/helpers/killed-sweep.ts";
import { writeSweep } from "../test/helpers/sweeps.ts";

const [kills = 200, seed = 1] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), "reluscope-kills-"));
const [killed, reference] = [join(folder, "killed"), join(folder, "reference")];
for (const one of [killed, reference]) mkdirSync(one);
const runs = await killSweep(killed, {
  ...{ kills, seed, within: 120, runs: 20 },
  round: (done, { counts }) => console.error(`${done} kills: ${counts.finished} finished, ${counts.killed} killed`),
});
writeSweep(reference, planOf(runs));
for (const cwd of [killed, reference]) {
  const { code, stderr } = await command(["sweep", "plan.yaml", "--jobs", "2"], { cwd });
  if (code !== 0) throw new Error(stderr);
}
const faults = await faultsOf(killed, reference);
console.log(
  `seed ${seed}, ${kills} kills, ${runs} runs: ${faults.length === 0 ? "all there, once, and as without kills" : faults.join("\n")}`,
);
rmSync(folder, { recursive: true, force: true });
process.exitCode = faults.length === 0 ? 0 : 1;
