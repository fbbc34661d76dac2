/** Protobuf messages built as lists of fields, each of them bytes: for models, where every field is written, defaults too. */
import { putInteger } from "./protobuf.ts";

export type Bytes = Uint8Array;

function varint(value: number): Bytes {
  const bytes = new Uint8Array(10);
  return bytes.subarray(0, putInteger(bytes, 0, value));
}

/** The bytes one after another. */
export function joined(parts: readonly Bytes[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** An integer or enum field; negative ones as ten bytes of two's complement. */
export function integer(field: number, value: number): Bytes {
  return joined([varint(field << 3), varint(value)]);
}

/** A 32-bit float field. */
export function float(field: number, value: number): Bytes {
  return joined([varint((field << 3) | 5), new Uint8Array(Float32Array.of(value).buffer)]);
}

/** A bytes field, or an embedded message. */
export function bytes(field: number, value: Bytes): Bytes {
  return joined([varint((field << 3) | 2), varint(value.length), value]);
}

/** A string field. */
export function text(field: number, value: string): Bytes {
  return bytes(field, new TextEncoder().encode(value));
}

/** An embedded message of these fields. */
export function message(field: number, fields: readonly Bytes[]): Bytes {
  return bytes(field, joined(fields));
}
