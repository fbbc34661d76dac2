/** The devices of a plugin, what is compiled for them and what lies on them. Whoever gets a handle gives it back. */
import type { TypedArray } from "../../../arrays/ndarray.ts";
import { structSizes } from "./functions.ts";
import { type Address, addressesAt, addressIn, countIn, struct, textAt, type Word, words } from "./memory.ts";
import type { Plugin } from "./plugin.ts";

/** A device that programs run on. */
export interface Device {
  readonly address: Address;
  readonly id: number;
  /** "NVIDIA H200". */
  readonly kind: string;
}

/** Memory of a device, bytes; undefined where the plugin does not say. */
export interface MemoryUse {
  readonly inUse: number | undefined;
  readonly peak: number | undefined;
  readonly limit: number | undefined;
}

/** Options of a client: platforms know different ones. */
export type ClientOptions = Readonly<Record<string, number | boolean | string>>;

/** PJRT_Buffer_Type. */
export const bufferTypes = { bool: 1, int32: 4, float32: 11 } as const;
export type BufferType = keyof typeof bufferTypes;

/** A copy that is under way. */
export interface Copy {
  readonly event: Address;
  readonly into: TypedArray;
}

export class Client {
  readonly plugin: Plugin;
  readonly devices: readonly Device[];
  /** "cuda", "rocm", "tpu", "cpu". */
  readonly platform: string;
  readonly platformVersion: string;
  private readonly address: Address;
  /** Handles given out and not yet given back. */
  private live = 0;

  private constructor(plugin: Plugin, address: Address) {
    this.plugin = plugin;
    this.address = address;
    this.platform = this.textOf("Client_PlatformName");
    this.platformVersion = this.textOf("Client_PlatformVersion");
    const args = plugin.call("Client_AddressableDevices", address, 0, 0);
    this.devices = addressesAt(plugin.koffi, addressIn(args, 3), countIn(args, 4)).map((device) =>
      this.described(device),
    );
  }

  /** Starts the plugin's client on every device that it sees. Throws `PjrtError`. */
  static async create(plugin: Plugin, options: ClientOptions): Promise<Client> {
    const kept: NodeJS.TypedArray[] = [];
    const values = namedValues(plugin, options, kept);
    const address = values.length === 0 ? 0n : plugin.addressOf(values);
    const args = await plugin.callAside("Client_Create", address, Object.keys(options).length);
    kept.length = 0;
    return new Client(plugin, addressIn(args, 8));
  }

  get liveHandles(): number {
    return this.live;
  }

  private textOf(name: "Client_PlatformName" | "Client_PlatformVersion"): string {
    const args = this.plugin.call(name, this.address, 0, 0);
    return textAt(this.plugin.koffi, addressIn(args, 3), countIn(args, 4));
  }

  private described(address: Address): Device {
    const { plugin } = this;
    const description = addressIn(plugin.call("Device_GetDescription", address, 0), 3);
    const id = Number(BigInt.asIntN(32, plugin.call("DeviceDescription_Id", description, 0)[3]!));
    const kind = plugin.call("DeviceDescription_Kind", description, 0, 0);
    return { address, id, kind: textAt(plugin.koffi, addressIn(kind, 3), countIn(kind, 4)) };
  }

  memoryOf(device: Device): MemoryUse {
    const stats = this.plugin.call("Device_MemoryStats", device.address);
    const where = (word: number) => ((stats[word + 1]! & 0xffn) === 1n ? countIn(stats, word) : undefined);
    return { inUse: countIn(stats, 3), peak: where(4), limit: where(10) };
  }

  /** Compiles StableHLO text, beside the event loop. Gives a loaded executable. */
  async compile(text: string, options: Uint8Array): Promise<Address> {
    const [code, format] = [Buffer.from(text), Buffer.from("mlir")];
    const { plugin } = this;
    const program = struct(structSizes.Program, [plugin.addressOf(code), code.length, plugin.addressOf(format), 4]);
    const given = [plugin.addressOf(program), plugin.addressOf(options), options.length] as const;
    const args = await plugin.callAside("Client_Compile", this.address, ...given, 0);
    this.live += kept(code, format, program, options);
    return addressIn(args, 6);
  }

  /** The machine code of an executable, for `load`. */
  serialised(executable: Address): Buffer {
    const { plugin } = this;
    const inner = addressIn(plugin.call("LoadedExecutable_GetExecutable", executable, 0), 3);
    try {
      const args = plugin.call("Executable_Serialize", inner, 0, 0, 0, 0);
      const copy = Buffer.from(plugin.koffi.view(addressIn(args, 3), countIn(args, 4)).slice(0));
      plugin.koffi.call(addressIn(args, 6), plugin.koffi.proto("void (void *)"), addressIn(args, 5));
      return copy;
    } finally {
      plugin.call("Executable_Destroy", inner);
    }
  }

  /** An executable from what `serialised` gave. */
  async load(code: Uint8Array): Promise<Address> {
    const args = await this.plugin.callAside(
      "Executable_DeserializeAndLoad",
      this.address,
      this.plugin.addressOf(code),
      code.length,
      0,
      0,
      0,
    );
    this.live += kept(code);
    return addressIn(args, 5);
  }

  unload(executable: Address): void {
    this.plugin.call("LoadedExecutable_Destroy", executable);
    this.live -= 1;
  }

  /** Copies an array to a device; it may be reused at once. */
  upload(data: TypedArray, type: BufferType, shape: readonly number[], device: Device): Address {
    const { plugin } = this;
    const dims = words(8 * Math.max(1, shape.length), shape);
    const during = 0; // PJRT_HostBufferSemantics_kImmutableOnlyDuringCall
    const what = [
      plugin.addressOf(data),
      bufferTypes[type],
      plugin.addressOf(dims),
      shape.length,
      0,
      0,
      during,
    ] as const;
    const args = plugin.call("Client_BufferFromHostBuffer", this.address, ...what, device.address, 0, 0, 0, 0);
    this.live += kept(data, dims);
    this.dropEvent(addressIn(args, 13));
    return addressIn(args, 14);
  }

  /** Asks for a copy of a buffer in an array of exactly its size, which `copied` waits for. */
  copy(buffer: Address, into: TypedArray): Copy {
    const { plugin } = this;
    const args = plugin.call("Buffer_ToHostBuffer", buffer, 0, plugin.addressOf(into), into.byteLength, 0);
    return { event: addressIn(args, 6), into };
  }

  /** Waits for a copy, in a thread of its own. Every copy must be waited for. */
  async copied({ event, into }: Copy): Promise<void> {
    try {
      await this.plugin.callAside("Event_Await", event);
    } finally {
      this.dropEvent(event);
      kept(into);
    }
  }

  /**
   * Runs an executable over one list of buffers a device; gives as many lists of results. Returns once the work is handed
   * over, not once it is done. Donated arguments must still be given back.
   */
  async execute(executable: Address, lists: readonly (readonly Address[])[], results: number): Promise<Address[][]> {
    const { plugin } = this;
    const inner = lists.map((list) => words(8 * Math.max(1, list.length), list));
    const outer = lists.map(() => words(8 * Math.max(1, results)));
    const addresses = (arrays: readonly BigInt64Array[]) =>
      words(
        8 * arrays.length,
        arrays.map((array) => plugin.addressOf(array)),
      );
    const [given, taken] = [addresses(inner), addresses(outer)];
    const options = struct(structSizes.ExecuteOptions, []);
    const fields: readonly Word[] = [
      executable,
      plugin.addressOf(options),
      plugin.addressOf(given),
      lists.length,
      lists[0]!.length,
      plugin.addressOf(taken),
      0,
      0,
    ];
    await plugin.callAside("LoadedExecutable_Execute", ...fields);
    kept(...inner, given, taken, options);
    this.live += lists.length * results;
    return outer.map((list) => Array.from({ length: results }, (_, i) => addressIn(list, i)));
  }

  /** Gives a buffer back. */
  drop(buffer: Address): void {
    this.plugin.call("Buffer_Destroy", buffer);
    this.live -= 1;
  }

  private dropEvent(event: Address): void {
    if (event !== 0n) this.plugin.call("Event_Destroy", event);
  }

  close(): void {
    this.plugin.call("Client_Destroy", this.address);
  }
}

/** Mentions what must not be collected before this point; counts the one handle that the call around it gave. */
function kept(..._what: readonly NodeJS.TypedArray[]): 1 {
  return 1;
}

/** PJRT_NamedValue_Type. */
const valueTypes = { string: 0, int64: 1, float: 3, bool: 4 } as const;

function namedValues(plugin: Plugin, options: ClientOptions, keep: NodeJS.TypedArray[]): BigInt64Array {
  const entries = Object.entries(options).map(([name, value]) => {
    const label = Buffer.from(name);
    const at = (array: NodeJS.TypedArray) => {
      keep.push(array);
      return plugin.addressOf(array);
    };
    const head = [structSizes.NamedValue, 0, at(label), label.length] as const;
    if (typeof value === "boolean") return [...head, valueTypes.bool, value ? 1 : 0, 1];
    if (typeof value === "string") {
      const text = Buffer.from(value);
      return [...head, valueTypes.string, at(text), text.length];
    }
    if (Number.isInteger(value)) return [...head, valueTypes.int64, value, 1];
    return [...head, valueTypes.float, new Uint32Array(Float32Array.of(value).buffer)[0]!, 1];
  });
  const array = words(structSizes.NamedValue * entries.length, entries.flat());
  keep.push(array);
  return array;
}
