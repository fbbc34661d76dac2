import { expect } from "chai";
import { type Examination, examination } from "../../cli/examination.ts";

const machine: Examination = {
  reluscope: "0.2.0",
  node: "v20.20.2",
  platform: "linux x64",
  cpu: "A processor",
  cores: 16,
  memory: { totalGiB: 128, freeGiB: 100 },
  gpus: [],
  disk: { freeGiB: 60 },
  engines: [
    {
      name: "onnx",
      available: true,
      device: "CPU, 16 threads",
      why: "compiled, the fastest without a GPU",
      chosen: true,
    },
    {
      name: "wasm",
      available: false,
      device: "",
      why: "engine `wasm` is not available: its module did not start",
      chosen: false,
    },
  ],
  providers: [],
  chosen: "onnx",
  debris: [],
};

describe("examination", () => {
  it("shows each GPU as far as it is known, and nothing of one where there is none", () => {
    const gpus = [
      { name: "NVIDIA H200", driver: "570.86.15", memory: { totalGiB: 140.4, freeGiB: 139.7 } },
      { name: "NVIDIA\u001b[31m GB10", driver: "580.95.05" },
    ];
    const lines = examination({ ...machine, gpus }).split("\n");
    expect(lines.filter((line) => line.startsWith("GPU"))).to.deep.equal([
      "GPU        NVIDIA H200, 140.4 GiB, 139.7 GiB free, driver 570.86.15",
      "GPU        NVIDIA GB10, driver 580.95.05",
    ]);
    expect(examination(machine)).not.to.contain("GPU  ");
  });

  it("marks the engine that auto takes, and says why another is not there", () => {
    const text = examination(machine);
    expect(text).to.match(/^\*\s+onnx\s+CPU, 16 threads: compiled/m);
    expect(text).to.match(/^\s+wasm\s+its module did not start$/m);
  });
});
