import { expect } from "chai";
import { loadConfig } from "../../../core/config/load.ts";
import { completeConfig } from "../../../core/host/complete-config.ts";
import { choosePlugins } from "../../../core/host/resolve.ts";
import { checkEngineKeys, engineNotes } from "../../../core/run/engine-keys.ts";
import { builtIns } from "../../../plugins/index.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { thrownBy } from "../../helpers/thrown.ts";
import { writeTiny } from "../../helpers/tiny.ts";

describe("keys of engine", () => {
  const dir = useTempDir();

  async function complete(set: readonly string[]) {
    writeTiny(dir());
    const loaded = await loadConfig({ cwd: dir(), env: {}, flags: { set } });
    return completeConfig(loaded, await choosePlugins(loaded, builtIns));
  }

  it("are refused beside an engine that does not read them", async () => {
    const { code, message } = thrownBy(
      checkEngineKeys.bind(null, await complete(["engine.name=wasm", "engine.precision=tf32"])),
    );
    expect(code).to.equal("config.invalid");
    expect(message).to.equal(
      "--set: engine.precision: engine `wasm` does not read this key. It reads threads. Leave the key out.",
    );
  });

  it("are said to have no effect where `auto` came to another engine", async () => {
    const asked = await complete(["engine.name=auto", "engine.devices=all", "engine.skip_silent=off"]);
    checkEngineKeys(asked);
    expect(engineNotes(asked, { name: "onnx", device: "CPU" })).to.deep.equal([
      "engine.devices has no effect: `auto` chose onnx (CPU), and xla alone reads it. `experiment doctor` says what xla lacks here.",
    ]);
  });

  it("are nothing to speak of when they say what the defaults say", async () => {
    const asked = await complete(["engine.name=cpu", "engine.precision=float32", "engine.provider=cpu"]);
    checkEngineKeys(asked);
    expect(engineNotes(asked, { name: "cpu", device: "CPU" })).to.deep.equal([]);
  });
});
