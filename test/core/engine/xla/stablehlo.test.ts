import * as tf from "@tensorflow/tfjs";
import { expect } from "chai";
import type { Signature, Step } from "../../../../core/engine/engine.ts";
import { optimise } from "../../../../core/engine/graph/optimise.ts";
import { trace } from "../../../../core/engine/graph/trace.ts";
import { lowerModule, type ModulePlan } from "../../../../core/engine/xla/stablehlo/module.ts";

const float = (...shape: number[]) => ({ shape, dtype: "float32" }) as const;

function lowered(step: Step, signature: Signature, plan: Partial<ModulePlan> = {}) {
  const { graph, builder } = trace(step, signature, "test");
  return lowerModule(optimise(graph, builder), { precision: "float32", devices: 1, ...plan });
}

/** One linear layer, rectified, moved against its own output; reports how many units fire. */
const layer: Step = ({ W, b }, { x, lr }) => {
  const post = tf.relu(tf.add(tf.matMul(x!, W!), b!));
  const gradient = tf.matMul(x!, post, true);
  return {
    state: { W: tf.sub(W!, tf.mul(lr!, gradient)) },
    outputs: { use: tf.sum(tf.cast(tf.greater(post, 0), "int32"), 0) },
  };
};
const signature = { state: { W: float(3, 2), b: float(2) }, inputs: { x: float(4, 3), lr: float() } };

describe("lowerModule", () => {
  it("writes a step as StableHLO: state in place, one product with bias and rectifier, readings as words", () => {
    const { text, args, changed, readings, words } = lowered(layer, signature);
    expect(text.split("\n")).to.deep.equal([
      "module @step attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {",
      "  func.func public @main(",
      "    %arg0: tensor<3x2xf32> {tf.aliasing_output = 0 : i32}, // W",
      "    %arg1: tensor<2xf32>, // b",
      "    %arg2: tensor<1xf32>, // lr",
      "    %arg3: tensor<4x3xf32> // x",
      "  ) -> (tensor<3x2xf32>, tensor<2xi32>) {",
      "    %0 = stablehlo.slice %arg2 [0:1] : (tensor<1xf32>) -> tensor<1xf32>",
      "    %1 = stablehlo.reshape %0 : (tensor<1xf32>) -> tensor<f32>",
      "    %2 = stablehlo.constant dense<0.0> : tensor<f32>",
      "    %3 = stablehlo.dot_general %arg3, %arg0, contracting_dims = [1] x [0], precision = [HIGHEST, HIGHEST] : (tensor<4x3xf32>, tensor<3x2xf32>) -> tensor<4x2xf32>",
      "    %4 = stablehlo.broadcast_in_dim %arg1, dims = [1] : (tensor<2xf32>) -> tensor<4x2xf32>",
      "    %5 = stablehlo.add %3, %4 : tensor<4x2xf32>",
      "    %6 = stablehlo.constant dense<0.0> : tensor<4x2xf32>",
      "    %7 = stablehlo.maximum %5, %6 : tensor<4x2xf32>",
      "    %8 = stablehlo.optimization_barrier %7 : tensor<4x2xf32>",
      "    %9 = stablehlo.dot_general %arg3, %8, contracting_dims = [0] x [0], precision = [HIGHEST, HIGHEST] : (tensor<4x3xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>",
      "    %10 = stablehlo.broadcast_in_dim %1, dims = [] : (tensor<f32>) -> tensor<3x2xf32>",
      "    %11 = stablehlo.multiply %10, %9 : tensor<3x2xf32>",
      "    %12 = stablehlo.subtract %arg0, %11 : tensor<3x2xf32>",
      "    %13 = stablehlo.optimization_barrier %8 : tensor<4x2xf32>",
      "    %14 = stablehlo.compare GT, %13, %6, FLOAT : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xi1>",
      "    %15 = stablehlo.convert %14 : (tensor<4x2xi1>) -> tensor<4x2xi32>",
      "    %16 = stablehlo.constant dense<0> : tensor<i32>",
      "    %17 = stablehlo.reduce(%15 init: %16) applies stablehlo.add across dimensions = [0] : (tensor<4x2xi32>, tensor<i32>) -> tensor<2xi32>",
      "    return %12, %17 : tensor<3x2xf32>, tensor<2xi32>",
      "  }",
      "}",
      "",
    ]);
    expect(args.map(({ role }) => role)).to.deep.equal(["state", "state", "scalars", "input"]);
    expect(changed).to.deep.equal(["W"]);
    expect(readings).to.deep.equal([{ name: "use", spec: { shape: [2], dtype: "int32" }, offset: 0 }]);
    expect(words).to.equal(2);
  });

  it("splits inputs over devices along their first axis where it divides, and nothing else", () => {
    const { text, args } = lowered(layer, signature, { devices: 2 });
    expect(text).to.contain('sdy.mesh @mesh = <["batch"=2]>');
    expect(text).to.contain('%arg3: tensor<4x3xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"batch"}, {}]>}');
    expect(text.match(/\{"batch"\}/g)).to.have.length(1);
    expect(args.at(-1)).to.deep.include({ split: true });
    const odd = { ...signature, inputs: { ...signature.inputs, x: float(3, 3) } };
    expect(lowered(layer, odd, { devices: 2 }).args.at(-1)).to.deep.include({ split: false });
  });

  it("takes factors in bfloat16 and keeps the gradients of weights in float32", () => {
    const { text } = lowered(layer, signature, { precision: "bfloat16" });
    expect(text).to.contain("(tensor<4x3xbf16>, tensor<3x2xbf16>) -> tensor<4x2xbf16>");
    expect(text).to.contain("(tensor<4x3xbf16>, tensor<4x2xbf16>) -> tensor<3x2xf32>");
    expect(lowered(layer, signature, { precision: "tf32" }).text).to.contain("precision = [DEFAULT, DEFAULT]");
  });

  it("computes a product anew for an observer of what the rectifier swallows", () => {
    const seen: Step = (state, inputs) => {
      const { state: next = {}, outputs } = layer(state, inputs);
      const pre = tf.add(tf.matMul(inputs.x!, state.W!), state.b!);
      return { state: next, outputs: { ...outputs, least: tf.min(pre) } };
    };
    const { text } = lowered(seen, signature);
    const trained = (all: string) => all.slice(0, all.indexOf("stablehlo.compare")).split("\n").slice(7);
    expect(trained(text).filter((line) => !line.includes("barrier"))).to.include.members(
      trained(lowered(layer, signature).text).filter((line) => line.includes("dot_general")),
    );
    expect(text.match(/dot_general/g)).to.have.length(3);
  });

  it("stores for an observer neither signs as floats nor squares of a gradient", () => {
    const seen: Step = ({ W, b }, { x, lr }) => {
      const post = tf.relu(tf.add(tf.matMul(x!, W!), b!));
      const fires = tf.step(post);
      const gradient = tf.matMul(x!, tf.mul(post, fires), true);
      const squares = tf.square(gradient);
      return {
        state: { W: tf.sub(W!, tf.div(tf.mul(lr!, gradient), tf.sum(squares))) },
        outputs: { firings: tf.sum(fires, 0), columns: tf.matMul(tf.ones([1, 3]), squares) },
      };
    };
    const { text } = lowered(seen, signature);
    const walled = text.split("\n").flatMap((line) => /optimization_barrier .* : (.*)/.exec(line)?.[1] ?? []);
    expect(walled).to.have.members(["tensor<4x2xf32>", "tensor<4x2xi1>", "tensor<3x2xf32>"]); // activation, signs, gradient
    expect(text.match(/dot_general/g)).to.have.length(2); // a row of ones times something is a sum
    expect(text).to.match(/across dimensions = \[0\] : \(tensor<3x2xf32>, tensor<f32>\) -> tensor<2xf32>/);
  });

  it("writes every float32 exactly", () => {
    const values = Float32Array.of(0.1, -0, 1e-45, 3.4028234663852886e38, Number.NaN, Infinity, -Infinity, 16777216);
    const step: Step = (_, { x }) => ({ outputs: { y: tf.add(x!, tf.tensor1d(values)) } });
    const { text } = lowered(step, { state: {}, inputs: { x: float(8) } });
    const [, found] = /dense<\[(.*?)\]>/.exec(text)!;
    const literals = found!.split(", ");
    expect(literals.slice(4, 7)).to.deep.equal(["0x7FC00000", "0x7F800000", "0xFF800000"]);
    for (const i of [0, 1, 2, 3, 7]) {
      expect(literals[i]).to.match(/^-?\d+\.\d*(e[+-]?\d+)?$/);
      expect(Math.fround(Number(literals[i]))).to.equal(values[i]);
    }
  });
});
