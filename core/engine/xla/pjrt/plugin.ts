/** A PJRT plugin: a shared library with one entry, a table of functions that take one struct each. */
import { engineUnavailable, reasonOf } from "../../../errors/errors.ts";
import { type FunctionName, functions, knownVersion } from "./functions.ts";
import { type Koffi, openLibrary } from "./koffi.ts";
import { type Address, addressIn, countIn, struct, textAt, type Word } from "./memory.ts";

/** What a plugin answered instead of doing what it was asked: XLA's own words. */
export class PjrtError extends Error {
  /** The function that failed. */
  readonly call: string;

  constructor(call: string, message: string) {
    super(message);
    this.call = call;
  }
}

type NativeFunction = ((args: BigInt64Array) => Address | null) & {
  async(args: BigInt64Array, done: (error: Error | null, result: Address | null) => void): void;
};

export interface Plugin {
  readonly koffi: Koffi;
  readonly path: string;
  /** `0.115`. */
  readonly version: string;
  /** Calls a function with the fields after size and extension; gives the struct, results filled in. Throws `PjrtError`. */
  call(name: FunctionName, ...fields: readonly Word[]): BigInt64Array;
  /** The same on another thread. Whatever the fields point to must be kept until it is done. */
  callAside(name: FunctionName, ...fields: readonly Word[]): Promise<BigInt64Array>;
  addressOf(array: NodeJS.TypedArray): Address;
}

/** Bytes of the table before its first function: size, extension, version. */
const tableHead = 40;

/** Loads a plugin and starts it. Throws `engine.unavailable`. */
export function openPlugin(koffi: Koffi, path: string): Plugin {
  // Nobody reads what the plugin logs; errors come back as values. Must be set before the library is loaded.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "3";
  const table = tableOf(koffi, path);
  const head = new DataView(koffi.view(table, tableHead).slice(0));
  const [size, major, minor] = [Number(head.getBigUint64(0, true)), head.getInt32(32, true), head.getInt32(36, true)];
  const version = `${major}.${minor}`;
  if (major !== knownVersion.major || minor < knownVersion.leastMinor) {
    const needed = `a plugin of PJRT API ${knownVersion.major}.${knownVersion.leastMinor} or a later 0.x`;
    throw engineUnavailable("xla", `${path} speaks PJRT API ${version}`, `Install ${needed}.`);
  }
  const prototype = koffi.proto("void *(void *)");
  const loaded = new Map<FunctionName, NativeFunction>();

  function native(name: FunctionName): NativeFunction {
    const known = loaded.get(name);
    if (known !== undefined) return known;
    const offset = tableHead + 8 * functions[name].place;
    const pointer = offset + 8 <= size ? new BigUint64Array(koffi.view(table + BigInt(offset), 8).slice(0))[0]! : 0n;
    if (pointer === 0n) throw new PjrtError(name, `the plugin (PJRT API ${version}) has no PJRT_${name}`);
    const made = koffi.decode(pointer, prototype) as NativeFunction;
    loaded.set(name, made);
    return made;
  }

  function check(name: FunctionName, error: Address | null): void {
    if (error === null || error === 0n) return;
    const args = struct(functions.Error_Message.size, [error, 0, 0]);
    native("Error_Message")(args);
    const text = textAt(koffi, addressIn(args, 3), countIn(args, 4));
    native("Error_Destroy")(struct(functions.Error_Destroy.size, [error]));
    throw new PjrtError(name, sizeHint(text, version) ?? text);
  }

  const plugin: Plugin = {
    koffi,
    path,
    version,
    call(name, ...fields) {
      const args = struct(functions[name].size, fields);
      check(name, native(name)(args));
      return args;
    },
    callAside(name, ...fields) {
      const args = struct(functions[name].size, fields);
      return new Promise((resolve, reject) => {
        native(name).async(args, (failure, error) => {
          try {
            if (failure !== null) throw failure;
            check(name, error);
            resolve(args);
          } catch (thrown) {
            reject(thrown);
          }
        });
      });
    },
    addressOf: (array) => koffi.address(array),
  };
  try {
    plugin.call("Plugin_Initialize");
  } catch (thrown) {
    throw engineUnavailable("xla", `${path} does not start: ${reasonOf(thrown)}`, "Try another plugin.");
  }
  return plugin;
}

function tableOf(koffi: Koffi, path: string): Address {
  const remedy = "It must be a PJRT plugin, and the libraries that it needs must be found.";
  try {
    const library = openLibrary(koffi, path);
    const table = library.func("void *GetPjrtApi()")() as Address | null;
    if (table === null || table === 0n) throw new Error("GetPjrtApi gave nothing");
    return table;
  } catch (thrown) {
    throw engineUnavailable("xla", `${path}: ${reasonOf(thrown)}`, remedy);
  }
}

/** Says what a plugin of an unknown version needs, where a struct of ours is too small for it. */
function sizeHint(message: string, version: string): string | undefined {
  const found = /Unexpected (PJRT_\w+) size: expected (\d+), got (\d+)/.exec(message);
  if (found === null) return undefined;
  const [, name, expected, got] = found;
  return `the plugin (PJRT API ${version}) wants ${name} of ${expected} bytes and reluscope knows ${got}: a newer reluscope or an older plugin is needed`;
}
