/** Tensor types of StableHLO as text. */
import { sizeOf, type TypedArray } from "../../../arrays/ndarray.ts";
import type { DType } from "../../engine.ts";

/** Element types that lowered programs use. */
export type Element = "f32" | "bf16" | "i32" | "i1";

/** A named result (`%12`) and its type. */
export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
  readonly element: Element;
}

const elements: Readonly<Record<DType, Element>> = { float32: "f32", int32: "i32", bool: "i1" };

export function elementOf(dtype: DType): Element {
  return elements[dtype];
}

/** `tensor<8x64xf32>`, or `tensor<f32>` for a scalar. */
export function tensorType(shape: readonly number[], element: Element): string {
  return `tensor<${[...shape, element].join("x")}>`;
}

export function typeOf({ shape, element }: Value): string {
  return tensorType(shape, element);
}

/** One number as a literal: floats exactly (nine digits tell every float32 from its neighbours), those without digits as bits. */
export function literal(value: number, element: Element): string {
  if (element === "i1") return value === 0 ? "false" : "true";
  if (element === "i32") return String(Math.trunc(value));
  if (Number.isFinite(value)) return decimal(value);
  if (Number.isNaN(value)) return element === "f32" ? "0x7FC00000" : "0x7FC0";
  const bits = value > 0 ? "7F80" : "FF80";
  return `0x${element === "f32" ? `${bits}0000` : bits}`;
}

/** MLIR wants a point in every float. */
function decimal(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  const text = String(Math.fround(value) === value ? shortest(value) : value);
  if (!/[.e]/.test(text)) return `${text}.0`;
  return text.includes(".") ? text : text.replace("e", ".0e");
}

/** The shortest decimal that rounds to the same float32. */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return Number(value.toPrecision(9));
}

/** All values of an array as a literal: in words where they are few, else as the bytes themselves. */
export function denseLiteral(data: TypedArray, shape: readonly number[], element: Element): string {
  if (shape.length === 0) return literal(data[0] ?? 0, element);
  if (data.length <= 16 || element === "i1") return nested([...data], shape, element);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return `"0x${Buffer.from(bytes).toString("hex").toUpperCase()}"`;
}

function nested(values: readonly number[], shape: readonly number[], element: Element): string {
  const [length, ...rest] = shape;
  if (length === undefined) return literal(values[0] ?? 0, element);
  const width = sizeOf(rest);
  const parts = Array.from({ length }, (_, i) => nested(values.slice(i * width, (i + 1) * width), rest, element));
  return `[${parts.join(", ")}]`;
}
