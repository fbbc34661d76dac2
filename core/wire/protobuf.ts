/** Protocol Buffers' wire format (protobuf.dev, "Encoding"), as far as run logs, ONNX models and XLA's options need it. */

const varint = 0;
const fixed64 = 1;
const lengthDelimited = 2;
const fixed32 = 5;

/** Grows a message field by field. Fields at their default are left out, as proto3 does. */
export class Message {
  #bytes: Buffer = Buffer.allocUnsafe(256);
  #length = 0;

  /** The encoded message: a view, valid until the next field is added. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** int32, int64, enum or bool; beyond 2^53 numbers are not exact and not expected. */
  int(field: number, value: number | boolean | undefined): this {
    const number = Math.trunc(Number(value ?? 0));
    if (number === 0) return this;
    this.#tag(field, varint);
    this.#reserve(10);
    this.#length = putInteger(this.#bytes, this.#length, number);
    return this;
  }

  string(field: number, value: string | undefined): this {
    return value === undefined || value === "" ? this : this.#raw(field, Buffer.from(value, "utf8"));
  }

  /** Each string of a repeated field, empty ones too. */
  strings(field: number, values: readonly string[] | undefined): this {
    for (const value of values ?? []) this.#raw(field, Buffer.from(value, "utf8"));
    return this;
  }

  /** A nested message; an empty one is written too, for presence has a meaning there. */
  message(field: number, value: Message | undefined): this {
    return value === undefined ? this : this.#raw(field, value.bytes());
  }

  messages(field: number, values: readonly Message[]): this {
    for (const value of values) this.message(field, value);
    return this;
  }

  #raw(field: number, bytes: Uint8Array): this {
    this.#tag(field, lengthDelimited);
    this.#varint(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  #tag(field: number, type: number): void {
    this.#varint(field * 8 + type);
  }

  #varint(value: number): void {
    this.#reserve(10);
    this.#length = putVarint(this.#bytes, this.#length, value);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + more));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/** Writes a non-negative integer as a varint at `at`; returns the position after it. */
export function putVarint(into: Uint8Array, at: number, value: number): number {
  let position = at;
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) into[position++] = (rest % 128) | 128;
  into[position++] = rest;
  return position;
}

/** Writes an integer of either sign at `at`, a negative one as ten bytes of two's complement; returns the position after it. */
export function putInteger(into: Uint8Array, at: number, value: number): number {
  if (value >= 0) return putVarint(into, at, value);
  let position = at;
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) into[position++] = Number(rest & 127n) | 128;
  into[position++] = Number(rest);
  return position;
}

/** The number of bytes that `putVarint` writes. */
export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** One field of an encoded message: a number for varints, bytes for everything with a length. */
export interface Field {
  readonly number: number;
  readonly value: number | Buffer;
}

/** The fields of an encoded message in order; fixed-width ones, for which nothing here has a use, come as bytes. */
export function* fieldsOf(bytes: Buffer): Generator<Field> {
  let at = 0;
  const varintAt = (): number => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, value));
    }
    throw new RangeError("the message ends inside a varint");
  };
  while (at < bytes.length) {
    const tag = varintAt();
    const type = tag % 8;
    const number = (tag - type) / 8;
    if (type === varint) {
      yield { number, value: varintAt() };
      continue;
    }
    const size = type === lengthDelimited ? varintAt() : type === fixed64 ? 8 : type === fixed32 ? 4 : -1;
    if (size < 0 || at + size > bytes.length) throw new RangeError(`field ${number} does not fit its message`);
    yield { number, value: bytes.subarray(at, at + size) };
    at += size;
  }
}
