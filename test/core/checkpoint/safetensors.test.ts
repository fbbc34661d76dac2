import { expect } from "chai";
import type { Arrays } from "../../../core/arrays/ndarray.ts";
import { decodeSafetensors, encodeSafetensors, safetensorsPieces } from "../../../core/arrays/safetensors.ts";
import { thrownBy } from "../../helpers/thrown.ts";

/** A file of the given header (text, or JSON) and so many bytes of data. */
function file(header: unknown, dataBytes = 0, claimed?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const everyDtype: Arrays = {
  u8: { shape: [3], data: Uint8Array.of(0, 1, 255) },
  f64: { shape: [2, 2], data: Float64Array.of(0.1, -0, Number.NaN, 5e-324) },
  u16: { shape: [1], data: Uint16Array.of(65535) },
  i32: { shape: [], data: Int32Array.of(-2147483648) },
  u32: { shape: [1, 1], data: Uint32Array.of(4294967295) },
  f32: { shape: [3], data: Float32Array.of(0.1, Infinity, 1e-45) },
  empty: { shape: [0, 4], data: new Float32Array(0) },
};

describe("encodeSafetensors", () => {
  it("lays a file out as other readers expect it", () => {
    const bytes = encodeSafetensors({ a: { shape: [1], data: Uint8Array.of(7) } }, { by: "me" });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    expect(length % 8).to.equal(0);
    expect(header.trimEnd()).to.equal(
      '{"__metadata__":{"by":"me"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
    );
    expect([...bytes.subarray(8 + length)]).to.deep.equal([7]);
  });

  it("aligns every array to its element size", () => {
    const bytes = encodeSafetensors(everyDtype);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    for (const [name, { data }] of Object.entries(everyDtype)) {
      expect((8 + length + header[name].data_offsets[0]) % data.BYTES_PER_ELEMENT, name).to.equal(0);
    }
  });

  it("writes the part that a view shows, not its whole buffer", () => {
    const view = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
    const { arrays } = decodeSafetensors(encodeSafetensors({ view: { shape: [2], data: view } }), "x");
    expect([...arrays.view!.data]).to.deep.equal([2, 3]);
  });

  it("has pieces that are the file, large arrays among them without a copy", () => {
    const big = new Float32Array(2 ** 18).map((_, i) => i);
    const arrays = { ...everyDtype, big: { shape: [big.length], data: big } };
    const pieces = safetensorsPieces(arrays, { by: "me" });
    expect(pieces.some((piece) => piece.buffer === big.buffer)).to.equal(true);
    expect(pieces.every((piece) => piece.length > 0)).to.equal(true);
    expect(Buffer.concat(pieces).equals(encodeSafetensors(arrays, { by: "me" }))).to.equal(true);
    expect(decodeSafetensors(encodeSafetensors(arrays), "x").arrays.big!.data).to.deep.equal(big);
  });

  it("refuses a shape that does not fit its data, and the reserved name", () => {
    expect(thrownBy(() => encodeSafetensors({ a: { shape: [2], data: new Uint8Array(3) } })).code).to.equal("internal");
    const reserved = { __metadata__: { shape: [1], data: new Uint8Array(1) } };
    expect(thrownBy(() => encodeSafetensors(reserved)).code).to.equal("internal");
  });
});

describe("decodeSafetensors", () => {
  it("gives every dtype back bit for bit, in the caller's order, with the metadata", () => {
    const { arrays, metadata } = decodeSafetensors(encodeSafetensors(everyDtype, { step: "5" }), "x");
    expect(Object.keys(arrays)).to.deep.equal(Object.keys(everyDtype));
    expect(arrays).to.deep.equal(everyDtype);
    expect(metadata).to.deep.equal({ step: "5" });
  });

  it("reads bytes that begin at an odd place in their buffer", () => {
    const encoded = encodeSafetensors(everyDtype);
    const shifted = new Uint8Array(encoded.length + 3);
    shifted.set(encoded, 3);
    expect(decodeSafetensors(shifted.subarray(3), "x").arrays).to.deep.equal(everyDtype);
  });

  it("keeps hostile names as plain keys", () => {
    const bytes = encodeSafetensors(
      Object.fromEntries(["__proto__", "../x", "", "a\u0000b"].map((k) => [k, { shape: [1], data: Uint8Array.of(1) }])),
    );
    const { arrays } = decodeSafetensors(bytes, "x");
    expect(Object.keys(arrays)).to.deep.equal(["__proto__", "../x", "", "a\u0000b"]);
    expect(({} as Record<string, unknown>).shape).to.equal(undefined);
  });

  it("refuses a file cut at any byte", () => {
    const bytes = encodeSafetensors(everyDtype);
    for (let length = 0; length < bytes.length; length++) {
      expect(thrownBy(() => decodeSafetensors(bytes.subarray(0, length), "cut")).code).to.equal("run.damaged");
    }
  });

  const u8 = (from: number, to: number) => ({ dtype: "U8", shape: [to - from], data_offsets: [from, to] });
  const hostile: Record<string, [Uint8Array, RegExp]> = {
    "an empty file": [new Uint8Array(0), /got 0 bytes/],
    "a header longer than the file": [file({}, 0, 1_000_000n), /claims 1000000 bytes/],
    "a header length beyond 2^53": [file({}, 0, 2n ** 64n - 1n), /claims 18446744073709551615/],
    "a header that is not JSON": [file("{nope"), /not a JSON object/],
    "a header that is a list": [file("[]"), /not a JSON object/],
    "a header nested too deeply": [file("[".repeat(200_000)), /not a JSON object/],
    "a header that is not UTF-8": [file({ a: 1 }).map((byte, i) => (i === 9 ? 0xff : byte)), /not a JSON object/],
    "metadata that is not strings": [file({ __metadata__: { a: 1 } }), /__metadata__/],
    "an unknown dtype": [file({ a: { dtype: "BF16", shape: [1], data_offsets: [0, 2] } }, 2), /"BF16"/],
    "a dtype from the prototype": [file({ a: { dtype: "constructor", shape: [], data_offsets: [0, 1] } }, 1), /dtype/],
    "a negative size": [file({ a: { dtype: "U8", shape: [-1], data_offsets: [0, 1] } }, 1), /shape/],
    "a size that overflows": [
      file({ a: { dtype: "U8", shape: [2 ** 52, 2 ** 52], data_offsets: [0, 1] } }, 1),
      /takes .* bytes, got 1/,
    ],
    "offsets that do not fit the shape": [
      file({ a: { dtype: "F32", shape: [1], data_offsets: [0, 2] } }, 2),
      /4 bytes/,
    ],
    "offsets that run backwards": [file({ a: { dtype: "U8", shape: [1], data_offsets: [1, 0] } }, 1), /got -1/],
    "arrays that overlap": [file({ a: u8(0, 2), b: u8(1, 3) }, 3), /`b` begins at 1, expected 2/],
    "a gap between arrays": [file({ a: u8(0, 1), b: u8(2, 3) }, 3), /`b` begins at 2, expected 1/],
    "bytes after the last array": [file({ a: u8(0, 1) }, 2), /expected \d+ bytes/],
    "an entry that is null": [file({ a: null }), /expected an object/],
  };
  for (const [name, [bytes, message]] of Object.entries(hostile)) {
    it(`refuses ${name}`, () => {
      const error = thrownBy(() => decodeSafetensors(bytes, "some/file"));
      expect(error.code).to.equal("run.damaged");
      expect(error.message)
        .to.match(/^some\/file: /)
        .and.match(message);
    });
  }
});
