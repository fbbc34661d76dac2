/**
 * The part of the PJRT C API (xla/pjrt/c/pjrt_c_api.h) that is used: each function's place in the table, counted in pointers
 * after the version, and the size in bytes of its argument struct. Places never change within major version 0 (new ones are
 * appended); sizes grow, and a plugin takes a struct that is larger than the one it knows.
 */
export const functions = {
  Error_Destroy: { place: 0, size: 24 },
  Error_Message: { place: 1, size: 40 },
  Error_GetCode: { place: 2, size: 28 },
  Plugin_Initialize: { place: 3, size: 16 },
  Plugin_Attributes: { place: 4, size: 32 },
  Event_Destroy: { place: 5, size: 24 },
  Event_Await: { place: 8, size: 24 },
  Client_Create: { place: 10, size: 88 },
  Client_Destroy: { place: 11, size: 24 },
  Client_PlatformName: { place: 12, size: 40 },
  Client_PlatformVersion: { place: 14, size: 40 },
  Client_AddressableDevices: { place: 16, size: 40 },
  Client_Compile: { place: 20, size: 56 },
  Client_BufferFromHostBuffer: { place: 22, size: 120 },
  DeviceDescription_Id: { place: 23, size: 28 },
  DeviceDescription_Kind: { place: 26, size: 40 },
  Device_GetDescription: { place: 29, size: 32 },
  Device_MemoryStats: { place: 34, size: 185 },
  Executable_Destroy: { place: 40, size: 24 },
  Executable_OptimizedProgram: { place: 48, size: 32 },
  Executable_Serialize: { place: 49, size: 56 },
  LoadedExecutable_Destroy: { place: 50, size: 24 },
  LoadedExecutable_GetExecutable: { place: 51, size: 32 },
  LoadedExecutable_Execute: { place: 55, size: 80 },
  Executable_DeserializeAndLoad: { place: 56, size: 64 },
  Buffer_Destroy: { place: 58, size: 24 },
  Buffer_ToHostBuffer: { place: 70, size: 56 },
} as const;

export type FunctionName = keyof typeof functions;

/** Structs that are pointed to from arguments. */
export const structSizes = { Program: 48, NamedValue: 56, ExecuteOptions: 120 } as const;

/** Versions that this table was checked against: 0.90 in the header, 0.115 by running it. */
export const knownVersion = { major: 0, leastMinor: 57 } as const;
