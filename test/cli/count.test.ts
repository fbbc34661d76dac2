import { expect } from "chai";
import yargs from "yargs";
import { count, countWithDefault } from "../../cli/count.ts";

const parsed = async (...args: string[]) =>
  yargs(args)
    .option("at", count("at", { describe: "x", least: 0 }))
    .option("steps", countWithDefault("steps", 200, { describe: "x", most: 5000 }))
    .exitProcess(false)
    .fail((_, error) => {
      throw error;
    })
    .parseAsync();

describe("count", () => {
  it("reads whole numbers, and is its default or nothing when left out", async () => {
    expect(await parsed())
      .to.include({ steps: 200 })
      .and.not.have.property("at");
    expect(await parsed("--at", "0", "--steps", "1_000")).to.include({ at: 0, steps: 1000 });
    expect(await parsed("--steps", "1e3", "--steps", "7")).to.include({ steps: 7 });
  });

  for (const text of ["1.5", "-1", "abc", "", " ", "0x10", "1e99", "NaN", "Infinity", "5001", "0"]) {
    it(`refuses \`${text}\``, async () => {
      // yargs takes what a flag's reader throws for an error of its own, which the command line turns into a usage error.
      const thrown: unknown = await parsed(`--steps=${text}`).catch((error: unknown) => error);
      expect((thrown as Error).message).to.equal(
        `--steps: expected a whole number from 1 to 5000, got \`${text.trim()}\`.`,
      );
    });
  }
});
