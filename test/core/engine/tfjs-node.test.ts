import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect } from "chai";
import { tf } from "../../../core/engine/tensorflow.ts";
import { openTensorflow } from "../../../core/engine/tfjs-node.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { rejectedBy } from "../../helpers/thrown.ts";

const require = createRequire(import.meta.url);

/** Packages that stand for tfjs-node and fail as it does. */
describe("openTensorflow", () => {
  const dir = useTempDir();
  const makePackage = (name: string, source: string) => {
    const folder = join(dir(), name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "index.js"), source);
    return folder;
  };
  /** Registers a backend, as tfjs-node does when it is loaded, after `first`. */
  const working = (first = "") =>
    `${first}
    const tf = require(${JSON.stringify(require.resolve("@tensorflow/tfjs"))});
    tf.registerBackend("tensorflow", () => Object.assign(new tf.KernelBackend(), { floatPrecision: () => 32, dispose() {} }));`;
  const message = async (...folders: string[]) =>
    (await rejectedBy(openTensorflow(folders))).message.replaceAll(`${dir()}/`, "");

  const util = require("node:util");
  const own = { isNullOrUndefined: util.isNullOrUndefined, isArray: util.isArray };
  const before = tf.getBackend();
  afterEach(async () => {
    Object.assign(util, own);
    tf.removeBackend("tensorflow");
    await tf.setBackend(before || "cpu");
  });

  it("gives tfjs-node the two functions that Node 23 took from it", async () => {
    delete util.isNullOrUndefined;
    delete util.isArray;
    const calls = `const util = require("util");
    if (util.isNullOrUndefined(0) || !util.isNullOrUndefined(undefined) || !util.isArray([])) throw new Error("util");`;
    const folder = makePackage("node", working(calls));
    expect(await openTensorflow([folder])).to.equal(`CPU (TensorFlow, ${folder})`);
  });

  it("survives a library that is cut short, and says so beside the package that works", async function () {
    const library = "onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1";
    if (process.platform !== "linux" || process.arch !== "x64") return this.skip(); // needs a shared library of this platform
    const whole = readFileSync(join(require.resolve("onnxruntime-node"), "../../../", library));
    writeFileSync(join(dir(), "cut.so"), whole.subarray(0, whole.length / 3));
    const gpu = makePackage("gpu", `process.dlopen({ exports: {} }, ${JSON.stringify(join(dir(), "cut.so"))});`);
    expect(await message(gpu)).to.match(
      /^engine `tensorflow` is not available: gpu failed: its library ends the process that loads it \(SIG(BUS|SEGV)\): reinstall the package\. Install one/,
    );
    const node = makePackage("node", working());
    expect(await openTensorflow([gpu, node])).to.match(/^CPU \(TensorFlow, .*node; .*gpu failed: its library ends/);
  });

  it("tells a package that is half there from one that is not", async () => {
    const absent = join(dir(), "absent");
    const addon = makePackage(
      "addon",
      "throw new Error('The Node.js native addon module (tfjs_binding.node) can not be found');",
    );
    const half = makePackage("half", "require('@mapbox/nothing');");
    expect(await message(absent, addon)).to.match(
      /: absent is not installed; addon has no native library \(its install step downloads one\)\./,
    );
    expect(await message(half, absent)).to.match(
      /: half failed: Cannot find module '@mapbox\/nothing'; absent is not installed\./,
    );
    const node = makePackage("node", working());
    expect(await openTensorflow([absent, node])).to.equal(`CPU (TensorFlow, ${node})`);
    expect(await openTensorflow([addon, node])).to.match(/; .*addon has no native library/);
  });
});
