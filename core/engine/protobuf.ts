/** The wire format of protocol buffers, as far as writing needs it: a message is a list of fields, a field is bytes. */

export type Bytes = Uint8Array;

function varint(value: number | bigint): Bytes {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
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
