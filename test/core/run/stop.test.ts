import { expect } from "chai";
import { useTempDir } from "../../helpers/temp.ts";
import { trainTiny } from "../../helpers/tiny.ts";

describe("a request to stop", () => {
  const dir = useTempDir();

  for (const engine of ["cpu", "wasm"])
    it(`that comes by the event loop ends a run within a step, though ${engine} computes in this thread`, async () => {
      const stop = new AbortController();
      const observer = { step: ({ step }: { step: number }) => step === 3 && setTimeout(() => stop.abort("asked"), 0) };
      const { outcome } = await trainTiny(dir(), {
        changes: { engine, train: { steps: 40, batch_size: 2 }, eval: { every: 0, windows: 1 } },
        signal: stop.signal,
        observer,
      });
      expect(outcome.state).to.equal("interrupted");
      expect(outcome.step).to.be.within(4, 6);
    });
});
