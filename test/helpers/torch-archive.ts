/** Archives as `torch.save` writes them, well made or hostile: zip files byte by byte and pickles opcode by opcode. */

/** An entry, with what its records shall claim instead of the truth. */
export interface ArchiveEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Size in the list of entries. */
  readonly claims?: number;
  readonly method?: number;
  /** Where its header is said to be. */
  readonly headerAt?: number;
}

/** A zip archive of stored entries. */
export function zipOf(entries: readonly ArchiveEntry[]): Uint8Array {
  const parts: Buffer[] = [];
  const list: Buffer[] = [];
  let at = 0;
  for (const { name, bytes, claims = bytes.length, method = 0, headerAt } of entries) {
    const header = Buffer.alloc(30 + name.length);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(method, 8);
    header.writeUInt32LE(bytes.length, 18);
    header.writeUInt32LE(bytes.length, 22);
    header.writeUInt16LE(name.length, 26);
    header.write(name, 30, "latin1");
    const record = Buffer.alloc(46 + name.length);
    record.writeUInt32LE(0x02014b50, 0);
    record.writeUInt16LE(method, 10);
    record.writeUInt32LE(method === 0 ? claims : bytes.length, 20);
    record.writeUInt32LE(claims, 24);
    record.writeUInt16LE(name.length, 28);
    record.writeUInt32LE(headerAt ?? at, 42);
    record.write(name, 46, "latin1");
    parts.push(header, Buffer.from(bytes));
    list.push(record);
    at += header.length + bytes.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(Buffer.concat(list).length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...list, end]);
}

const text = (value: string) => Buffer.concat([Buffer.from([0x58, value.length, 0, 0, 0]), Buffer.from(value)]);
const int = (value: number) => {
  const bytes = Buffer.alloc(5, 0x4a);
  bytes.writeInt32LE(value, 1);
  return bytes;
};
const tuple = (...items: readonly Buffer[]) => Buffer.concat([Buffer.from("("), ...items, Buffer.from("t")]);
/** `GLOBAL`: a class or function by module and name. */
const named = (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`);
const call = (callable: Buffer, args: Buffer) => Buffer.concat([callable, args, Buffer.from("R")]);

/** One tensor of float32, as a pickle describes it. */
export interface PickledFloats {
  readonly key: string;
  /** Elements that its storage claims. */
  readonly length: number;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

function tensor({ key, length, offset, shape, strides }: PickledFloats): Buffer {
  const id = tuple(text("storage"), named("torch", "FloatStorage"), text(key), text("cpu"), int(length));
  const storage = Buffer.concat([id, Buffer.from("Q")]);
  const sizes = (list: readonly number[]) => tuple(...list.map(int));
  const hooks = call(named("collections", "OrderedDict"), Buffer.from(")"));
  const args = tuple(storage, int(offset), sizes(shape), sizes(strides), Buffer.from([0x89]), hooks);
  return call(named("torch._utils", "_rebuild_tensor_v2"), args);
}

/** Pickles by what they hold. */
export const pickles = {
  /** A dictionary of tensors. */
  tensors: (tensors: Readonly<Record<string, PickledFloats>>): Uint8Array =>
    whole(Buffer.concat(Object.entries(tensors).map(([name, one]) => Buffer.concat([text(name), tensor(one)])))),
  /** A dictionary whose only value is a call. */
  calling: (module: string, name: string, argument: string): Uint8Array =>
    whole(Buffer.concat([text("weight"), call(named(module, name), tuple(text(argument)))])),
  /** A dictionary that holds itself, under `state_dict`. */
  circular: (): Uint8Array =>
    Buffer.concat([Buffer.from([0x80, 2]), Buffer.from("}q\0"), text("state_dict"), Buffer.from("h\0s.")]),
  /** Opcodes as they are. */
  raw: (...bytes: readonly number[]): Uint8Array => Buffer.from([0x80, 2, ...bytes]),
};

function whole(items: Buffer): Uint8Array {
  return Buffer.concat([Buffer.from([0x80, 2]), Buffer.from("}("), items, Buffer.from("u.")]);
}
