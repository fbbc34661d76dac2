/** Products of matrices. */

import { sizeOf } from "../../../arrays/ndarray.ts";
import { tf } from "../../tensorflow.ts";
import type { GraphBuilder } from "../builder.ts";
import type { Node } from "../node.ts";
import { elementwise } from "./elementwise.ts";
import { type Kernels, operand } from "./kernel.ts";

function activated(
  builder: GraphBuilder,
  x: Node,
  activation: string,
  attrs: object,
  weights: Node | undefined,
  refuse: (p: string) => never,
): Node {
  const kernel = {
    linear: "Identity",
    relu: "Relu",
    relu6: "Relu6",
    elu: "Elu",
    prelu: "Prelu",
    leakyrelu: "LeakyRelu",
    sigmoid: "Sigmoid",
  }[activation];
  if (kernel === undefined)
    return refuse(`it fuses the activation ${activation}, which the compiled engine does not map`);
  const inputs = weights === undefined ? { x } : { x, alpha: weights };
  return elementwise[kernel]!({ builder, inputs, attrs: attrs as Record<string, unknown>, refuse }) as Node;
}

/** Letters of one operand of an einsum, moved into groups and folded: `[batch rows columns]`. */
function folded(b: GraphBuilder, x: Node, letters: string, groups: readonly (readonly string[])[]): Node {
  const moved = b.transpose(
    x,
    groups.flat().map((letter) => letters.indexOf(letter)),
  );
  const length = (letter: string) => x.shape[letters.indexOf(letter)]!;
  const shape = groups.map((group) => sizeOf(group.map(length)));
  return b.reshape(moved, shape);
}

/** `x` summed over its letters that occur nowhere else, and those letters dropped. */
function summed(b: GraphBuilder, x: Node, letters: string, elsewhere: string): [Node, string] {
  const alone = [...letters].flatMap((letter, axis) => (elsewhere.includes(letter) ? [] : [axis]));
  if (alone.length === 0) return [x, letters];
  return [b.reduce("sum", x, alone, false), [...letters].filter((letter) => elsewhere.includes(letter)).join("")];
}

export const matmul: Kernels = {
  BatchMatMul: (call) => {
    const [a, b] = [operand(call, "a"), operand(call, "b")].map((x) => call.builder.cast(x, "float32")) as [Node, Node];
    return call.builder.matmul(a, b, call.attrs.transposeA === true, call.attrs.transposeB === true);
  },
  _FusedMatMul: ({ builder: b, inputs, attrs, refuse }) => {
    const product = b.matmul(inputs.a!, inputs.b!, attrs.transposeA === true, attrs.transposeB === true);
    const biased = inputs.bias === undefined ? product : b.binary("add", product, inputs.bias);
    const slope = { alpha: attrs.leakyreluAlpha };
    return activated(
      b,
      biased,
      (attrs.activation as string | null) ?? "linear",
      slope,
      inputs.preluActivationWeights,
      refuse,
    );
  },
  Einsum: (call) => {
    const b = call.builder;
    const tensors = Object.values(call.inputs);
    const equation = (call.attrs.equation as string).replace(/\s/g, "");
    tf.backend_util.decodeEinsumEquation(equation, tensors.length);
    const [left, out] = equation.split("->") as [string, string];
    const terms = left.split(",");
    if (terms.some((term) => new Set(term).size !== term.length)) {
      return call.refuse(`it takes a diagonal in einsum ${equation}, which the compiled engine does not map`);
    }
    const [a, la] = summed(b, tensors[0]!, terms[0]!, out + (terms[1] ?? ""));
    if (terms[1] === undefined)
      return b.transpose(
        a,
        [...out].map((letter) => la.indexOf(letter)),
      );
    const [c, lc] = summed(b, tensors[1]!, terms[1], out + terms[0]);
    const batch = [...la].filter((letter) => lc.includes(letter) && out.includes(letter));
    const inner = [...la].filter((letter) => lc.includes(letter) && !out.includes(letter));
    const rows = [...la].filter((letter) => !lc.includes(letter));
    const columns = [...lc].filter((letter) => !la.includes(letter));
    const product = b.matmul(
      folded(b, a, la, [batch, rows, inner]),
      folded(b, c, lc, [batch, inner, columns]),
      false,
      false,
    );
    const letters = [...batch, ...rows, ...columns];
    const length = (letter: string) =>
      la.includes(letter) ? a.shape[la.indexOf(letter)]! : c.shape[lc.indexOf(letter)]!;
    const unfolded = b.reshape(product, letters.map(length));
    return b.transpose(
      unfolded,
      [...out].map((letter) => letters.indexOf(letter)),
    );
  },
};
