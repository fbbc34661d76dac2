import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { findGpus } from "../../../core/engine/gpus.ts";
import { useTempDir } from "../../helpers/temp.ts";

describe("findGpus", () => {
  const dir = useTempDir();
  const noSmi = () => Promise.reject(new Error("spawn nvidia-smi ENOENT"));
  const saying = (text: string) => findGpus({ smi: async () => text, proc: dir() });

  it("reads name, driver and memory of each GPU from nvidia-smi", async () => {
    expect(await saying("NVIDIA H200, 570.86.15, 143771, 143012\nNVIDIA H200, 570.86.15, 143771, 98\n")).to.deep.equal([
      { name: "NVIDIA H200", driver: "570.86.15", memory: { totalGiB: 140.4, freeGiB: 139.7 } },
      { name: "NVIDIA H200", driver: "570.86.15", memory: { totalGiB: 140.4, freeGiB: 0.1 } },
    ]);
    // A chip that shares the machine's memory.
    expect(await saying("NVIDIA GB10, 580.95.05, [N/A], [N/A]\n")).to.deep.equal([
      { name: "NVIDIA GB10", driver: "580.95.05" },
    ]);
  });

  it("says nothing where nvidia-smi finds nothing, and takes no message of its for a GPU", async () => {
    for (const text of [
      "",
      "No devices were found\n",
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n",
      "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 535.183\n",
    ])
      expect(await saying(text), text).to.deep.equal([]);
    expect(await findGpus({ smi: noSmi, proc: join(dir(), "none") })).to.deep.equal([]);
  });

  it("asks the kernel's driver where there is no nvidia-smi, as in many containers", async () => {
    const bus = join(dir(), "gpus", "0000:19:00.0");
    mkdirSync(bus, { recursive: true });
    const version =
      "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\nGCC version:  gcc 12.2.0\n";
    writeFileSync(join(dir(), "version"), version);
    writeFileSync(
      join(bus, "information"),
      "Model: \t\t NVIDIA A100-SXM4-80GB\nIRQ:   \t\t 18\nGPU UUID: \t GPU-00000000\n",
    );
    expect(await findGpus({ smi: noSmi, proc: dir() })).to.deep.equal([
      { name: "NVIDIA A100-SXM4-80GB", driver: "550.54.15" },
    ]);
  });
});
