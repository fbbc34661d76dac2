/** A graph as text: one node a line, operands by number, the result's dtype and shape last. */
import { type Graph, type Node, reachable } from "./node.ts";

/** The whole program, in an order in which it could be run. */
export function printGraph(graph: Graph): string {
  const results = [...graph.state].map(([name, node]) => ({ name: `state ${name}`, node }));
  results.push(...[...graph.outputs].map(([name, node]) => ({ name: `output ${name}`, node })));
  const lines = reachable(results.map(({ node }) => node)).map(printNode);
  return [...lines, ...results.map(({ name, node }) => `${name} = %${node.id}`), ""].join("\n");
}

function printNode(node: Node): string {
  const operands = node.operands.map((operand) => `%${operand.id}`).join(" ");
  const words = [node.op, ...Object.entries(node.attrs).map(([key, value]) => printAttribute(key, value)), operands];
  return `%${node.id} = ${words.filter((word) => word !== "").join(" ")} : ${node.dtype} [${node.shape.join(" ")}]`;
}

function printAttribute(key: string, value: unknown): string {
  if (ArrayBuffer.isView(value)) {
    const data = Array.from(value as Float32Array);
    return data.length <= 8 ? `{${data.join(" ")}}` : `{${data.slice(0, 6).join(" ")} … ${data.length} values}`;
  }
  if (key === "fn" || key === "name") return String(value);
  return typeof value === "boolean"
    ? value
      ? key
      : ""
    : `${key}=${Array.isArray(value) ? `[${value.join(" ")}]` : value}`;
}
