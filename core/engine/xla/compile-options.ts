/** XLA's CompileOptionsProto, as far as a step needs it. Field numbers are those of xla/pjrt/proto/compile_options.proto. */
import { type Bytes, bytes, integer, joined, message, text } from "../../wire/message.ts";

/** Settings of XLA itself by flag name, such as `xla_gpu_autotune_level`. */
export type XlaFlags = Readonly<Record<string, string | boolean>>;

/** One program over `devices` (their ids, in order), which share its batch. */
export function compileOptions(devices: readonly number[], flags: XlaFlags): Bytes {
  const partitions = devices.length;
  const build = [
    integer(1, -1), // device_ordinal: whichever the assignment says
    integer(4, 1), // num_replicas
    integer(5, partitions), // num_partitions
    integer(6, partitions > 1 ? 1 : 0), // use_spmd_partitioning
    message(9, [integer(1, 1), integer(2, partitions), ...devices.map((id) => message(3, [packedInt(1, id)]))]), // device_assignment
    integer(19, partitions > 1 ? 1 : 0), // use_shardy_partitioner
  ];
  return joined([message(3, build), ...Object.entries(flags).map(([name, value]) => flag(name, value))]);
}

/** A packed list with one entry. */
function packedInt(field: number, value: number): Bytes {
  return bytes(field, integer(0, value).subarray(1));
}

/** An entry of env_option_overrides. */
function flag(name: string, value: string | boolean): Bytes {
  const override = typeof value === "boolean" ? integer(2, value ? 1 : 0) : text(1, value);
  return message(7, [text(1, name), message(2, [override])]);
}
