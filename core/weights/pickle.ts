/**
 * The part of Python's pickle format that PyTorch's state dictionaries need, and nothing else. A pickle is a program: here it may
 * make numbers, strings, tuples, lists, dictionaries and descriptions of tensors. Whatever else it asks for is refused by name
 * before anything has been called; no name leads to anything but the few functions below.
 */
import type { ExperimentError } from "../errors/experiment-error.ts";
import { type StoredDType, widths } from "./numbers.ts";

/** What a pickle may be made of. */
export type Pickled =
  | null
  | boolean
  | number
  | string
  | Pickled[]
  | Map<Pickled, Pickled>
  | PickledTensor
  | Storage
  | Named;

/** A tensor: where its elements lie in a storage. */
export interface PickledTensor {
  readonly is: "tensor";
  readonly storage: Storage;
  /** Elements before the first, elements in each dimension, and elements between neighbours in it. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Numbers in the archive, under a key. */
export interface Storage {
  readonly is: "storage";
  readonly key: string;
  readonly dtype: StoredDType;
  /** Elements that the pickle claims. */
  readonly length: number;
}

interface Named {
  readonly is: "name";
  readonly name: string;
}

/** Storage classes of PyTorch, and what they hold. */
const storages: Readonly<Record<string, StoredDType>> = {
  "torch.DoubleStorage": "F64",
  "torch.FloatStorage": "F32",
  "torch.HalfStorage": "F16",
  "torch.BFloat16Storage": "BF16",
  "torch.LongStorage": "I64",
  "torch.IntStorage": "I32",
  "torch.ShortStorage": "I16",
  "torch.CharStorage": "I8",
  "torch.ByteStorage": "U8",
  "torch.BoolStorage": "BOOL",
};

/** Functions that a pickle may call. */
const callables: Readonly<Record<string, (args: readonly Pickled[]) => Pickled | undefined>> = {
  "collections.OrderedDict": (args) => (args.length === 0 ? new Map() : undefined),
  "torch._utils._rebuild_tensor_v2": ([storage, offset, shape, strides]) => tensorOf(storage, offset, shape, strides),
  "torch._utils._rebuild_parameter": ([tensor]) => (isKind(tensor, "tensor") ? tensor : undefined),
};

/** The longest pickle that is read: a description takes some 200 bytes a tensor. */
const longestPickle = 64 * 2 ** 20;
const mark = Symbol("mark");
type Slot = Pickled | typeof mark;

/** Runs a pickle. `refused` makes the error for one that is damaged or asks for anything else. */
export function unpickle(bytes: Uint8Array, refused: (problem: string) => ExperimentError): Pickled {
  if (bytes.length > longestPickle) throw refused(`its list of tensors has ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: Slot[] = [];
  const memo = new Map<number, Pickled>();
  let at = 0;

  const take = (length: number): number => {
    if (length > bytes.length - at) throw refused("its list of tensors is cut off");
    at += length;
    return at - length;
  };
  const text = (length: number) => {
    const start = take(length);
    return new TextDecoder().decode(bytes.subarray(start, start + length));
  };
  const line = () => {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw refused("its list of tensors is cut off");
    const found = text(end - at);
    at = end + 1;
    return found;
  };
  const pop = (): Pickled => {
    const top = stack.pop();
    if (top === undefined || top === mark) throw refused("its list of tensors is damaged");
    return top;
  };
  const sinceMark = (): Pickled[] => {
    const from = stack.lastIndexOf(mark);
    if (from < 0) throw refused("its list of tensors is damaged");
    return stack.splice(from).slice(1) as Pickled[];
  };
  const setItems = (items: readonly Pickled[]) => {
    const target = stack.at(-1);
    if (!(target instanceof Map) || items.length % 2 !== 0) throw refused("its list of tensors is damaged");
    for (let i = 0; i < items.length; i += 2) target.set(items[i]!, items[i + 1]!);
  };
  const append = (items: readonly Pickled[]) => {
    const target = stack.at(-1);
    if (!Array.isArray(target)) throw refused("its list of tensors is damaged");
    for (const item of items) target.push(item);
  };
  const recall = (key: number) => {
    const known = memo.get(key);
    if (known === undefined) throw refused("its list of tensors is damaged");
    stack.push(known);
  };
  const remember = (key: number) => {
    const top = pop();
    memo.set(key, top);
    stack.push(top);
  };
  const named = (module: string, name: string): Named => {
    const whole = `${module}.${name}`;
    if (Object.hasOwn(callables, whole) || Object.hasOwn(storages, whole)) return { is: "name", name: whole };
    throw refused(`it asks for \`${whole.slice(0, 80).replace(/[^\x20-\x7e]/g, "?")}\`, which no tensor needs`);
  };

  /** What each opcode does, by its byte; Python's pickletools names them as the comments do. */
  const opcodes: Readonly<Record<number, () => void>> = {
    128: () => void take(1), // PROTO
    149: () => void take(8), // FRAME
    40: () => void stack.push(mark), // MARK
    48: () => void pop(), // POP
    78: () => void stack.push(null), // NONE
    136: () => void stack.push(true), // NEWTRUE
    137: () => void stack.push(false), // NEWFALSE
    74: () => void stack.push(view.getInt32(take(4), true)), // BININT
    75: () => void stack.push(view.getUint8(take(1))), // BININT1
    77: () => void stack.push(view.getUint16(take(2), true)), // BININT2
    71: () => void stack.push(view.getFloat64(take(8), false)), // BINFLOAT
    138: () => void stack.push(long(view, take(1), take, refused)), // LONG1
    88: () => void stack.push(text(view.getUint32(take(4), true))), // BINUNICODE
    140: () => void stack.push(text(view.getUint8(take(1)))), // SHORT_BINUNICODE
    41: () => void stack.push([]), // EMPTY_TUPLE
    133: () => void stack.push([pop()]), // TUPLE1
    134: () => void stack.push([pop(), pop()].reverse()), // TUPLE2
    135: () => void stack.push([pop(), pop(), pop()].reverse()), // TUPLE3
    116: () => void stack.push(sinceMark()), // TUPLE
    93: () => void stack.push([]), // EMPTY_LIST
    97: () => append([pop()]), // APPEND
    101: () => append(sinceMark()), // APPENDS
    125: () => void stack.push(new Map()), // EMPTY_DICT
    115: () => setItems([pop(), pop()].reverse()), // SETITEM
    117: () => setItems(sinceMark()), // SETITEMS
    113: () => remember(view.getUint8(take(1))), // BINPUT
    114: () => remember(view.getUint32(take(4), true)), // LONG_BINPUT
    148: () => remember(memo.size), // MEMOIZE
    104: () => recall(view.getUint8(take(1))), // BINGET
    106: () => recall(view.getUint32(take(4), true)), // LONG_BINGET
    99: () => void stack.push(named(line(), line())), // GLOBAL
    147: () => {
      const [name, module] = [pop(), pop()]; // STACK_GLOBAL
      stack.push(named(String(module), String(name)));
    },
    81: () => {
      const id = pop(); // BINPERSID
      const storage = storageOf(id);
      if (storage === undefined) throw refused("a tensor has no storage");
      stack.push(storage);
    },
    82: () => {
      const [args, callable] = [pop(), pop()]; // REDUCE
      if (!isKind(callable, "name") || !Array.isArray(args)) throw refused("its list of tensors is damaged");
      const made = Object.hasOwn(callables, callable.name) ? callables[callable.name]!(args) : undefined;
      if (made === undefined) throw refused(`it calls \`${callable.name}\` with arguments that no tensor has`);
      stack.push(made);
    },
    98: () => {
      pop(); // BUILD: an ordered dictionary's own attributes, such as _metadata, which are not needed
      if (!(stack.at(-1) instanceof Map)) throw refused("it sets attributes of something that is no dictionary");
    },
  };

  for (;;) {
    const code = bytes[take(1)]!;
    if (code === 0x2e) return pop(); // STOP
    const run = Object.hasOwn(opcodes, code) ? opcodes[code] : undefined;
    if (run === undefined) throw refused(`it uses the pickle opcode 0x${code.toString(16)}, which no tensor needs`);
    run();
  }
}

/** A little-endian two's complement integer of up to 255 bytes; those that are not exact here are refused. */
function long(
  view: DataView,
  lengthAt: number,
  take: (length: number) => number,
  refused: (problem: string) => ExperimentError,
): number {
  const length = view.getUint8(lengthAt);
  const start = take(length);
  let value = 0n;
  for (let i = 0; i < length; i++) value |= BigInt(view.getUint8(start + i)) << BigInt(8 * i);
  const exact = Number(BigInt.asIntN(Math.max(1, 8 * length), value));
  if (!Number.isSafeInteger(exact)) throw refused("a number in its list of tensors is too large");
  return exact;
}

function isKind<K extends "tensor" | "storage" | "name">(
  value: Pickled | undefined,
  is: K,
): value is Extract<Pickled, { is: K }> {
  return typeof value === "object" && value !== null && "is" in value && value.is === is;
}

/** PyTorch's persistent id: `("storage", class, key, device, elements)`. */
function storageOf(id: Pickled): Storage | undefined {
  if (!Array.isArray(id)) return undefined;
  const [tag, kind, key, , length] = id;
  if (tag !== "storage" || !isKind(kind, "name") || typeof key !== "string" || !isCount(length)) return undefined;
  const dtype = Object.hasOwn(storages, kind.name) ? storages[kind.name] : undefined;
  return dtype && { is: "storage", key, dtype, length };
}

function tensorOf(
  storage: Pickled | undefined,
  offset: Pickled | undefined,
  shape: Pickled | undefined,
  strides: Pickled | undefined,
): PickledTensor | undefined {
  const counts = (list: Pickled | undefined): list is number[] => Array.isArray(list) && list.every(isCount);
  if (!isKind(storage, "storage") || !isCount(offset) || !counts(shape) || !counts(strides)) return undefined;
  if (shape.length !== strides.length || shape.length > 8) return undefined;
  return { is: "tensor", storage, offset, shape, strides };
}

function isCount(value: Pickled | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** Bytes that a storage takes. */
export function bytesOf({ length, dtype }: Storage): number {
  return length * widths[dtype];
}
