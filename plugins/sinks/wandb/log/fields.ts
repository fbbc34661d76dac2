import { fieldsOf } from "../../../../core/wire/protobuf.ts";

/** Fields of a message by number: the last number, all byte strings. */
export class Fields {
  readonly #numbers: Map<number, number> = new Map();
  readonly #bytes: Map<number, Buffer[]> = new Map();

  constructor(bytes: Buffer) {
    for (const { number, value } of fieldsOf(bytes)) {
      if (typeof value === "number") this.#numbers.set(number, value);
      else this.#bytes.set(number, [...(this.#bytes.get(number) ?? []), value]);
    }
  }
  int(field: number): number {
    return this.#numbers.get(field) ?? 0;
  }
  all(field: number): readonly Buffer[] {
    return this.#bytes.get(field) ?? [];
  }
  bytes(field: number): Buffer {
    return this.all(field).at(-1) ?? Buffer.alloc(0);
  }
  text(field: number): string {
    return this.bytes(field).toString("utf8");
  }
  texts(field: number): string[] {
    return this.all(field).map((bytes) => bytes.toString("utf8"));
  }
}
