/** The rooms of the house, and who may import whom: an allowlist. ARCHITECTURE.md draws it. */

/** What a plugin builds on: the contract, and what one needs to keep to it. */
const door = ["core/contract", "core/arrays", "core/errors", "core/files"];
const kinds = ["analyzers", "sinks", "corpora", "models", "optimizers", "schedules", "executors"];
const wandb = "plugins/sinks/wandb";

/**
 * The rooms, upper ones first, with the rooms that each may import from; `name/**` stands for a room and all below it. A file
 * belongs to the longest name here that its path begins with. Arrows only fall.
 */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  cli: ["core/**", "plugins/index.ts", "studies", "viewer"],
  testing: ["core/**", "viewer", "plugins/models", "plugins/optimizers", "plugins/schedules"],
  studies: ["core/**", "plugins/index.ts", "statistics"],
  viewer: [...door, "core/record", "statistics"],
  "core/index.ts": ["core/**"],

  "plugins/index.ts": ["core/host", ...kinds.map((kind) => `plugins/${kind}`)],
  "plugins/firings.ts": ["plugins/analyzers"],
  "plugins/analyzers": [...door, "statistics"],
  "plugins/corpora": door,
  "plugins/models": [...door, "core/model", "core/weights"],
  "plugins/optimizers": door,
  "plugins/schedules": door,
  "plugins/executors": door,
  "plugins/sinks": [...door, "core/record", wandb, `${wandb}/login`],
  [wandb]: [...door, "core/modules", "core/record", `${wandb}/**`],
  [`${wandb}/upload`]: [...door, `${wandb}/login`, `${wandb}/log`, `${wandb}/http`, `${wandb}/errors.ts`],
  [`${wandb}/charts`]: [...door, `${wandb}/log`],
  [`${wandb}/login`]: [...door, `${wandb}/log`, `${wandb}/http`, `${wandb}/errors.ts`],
  [`${wandb}/log`]: [...door, "core/record", "core/wire", `${wandb}/errors.ts`],
  [`${wandb}/http`]: door,
  [`${wandb}/errors.ts`]: ["core/errors"],

  "core/run": [
    ...[...door, "core/host", "core/step", "core/model", "core/data", "core/checkpoint", "core/record"],
    ...["core/config", "core/engine", "core/engine/choose.ts", "core/engine/names.ts", "core/modules"],
  ],
  "core/host": [...door, "core/config", "core/modules"],
  "core/step": [...door, "core/model", "core/engine", "core/config", "statistics"],
  "core/model": [...door, "core/engine", "core/config"],
  "core/engine/compile.ts": ["core/arrays", "core/engine", "core/engine/choose.ts"],
  "core/engine/choose.ts": [
    "core/errors",
    "core/engine",
    "core/engine/names.ts",
    "core/engine/onnx",
    "core/engine/xla",
  ],
  "core/engine/xla/pjrt": ["core/arrays", "core/errors"],
  "core/engine/xla/stablehlo": ["core/arrays", "core/engine", "core/engine/graph"],
  "core/engine/xla": [
    "core/arrays",
    "core/wire",
    "core/errors",
    "core/engine",
    "core/engine/graph",
    "core/engine/xla/**",
  ],
  "core/engine/onnx": ["core/arrays", "core/wire", "core/errors", "core/modules", "core/engine", "core/engine/graph"],
  "core/engine/graph": ["core/arrays", "core/errors", "core/engine"],
  "core/engine": ["core/arrays", "core/errors", "core/engine/names.ts"],
  "core/engine/names.ts": [],
  "core/data": [...door, "core/modules", "core/record"],
  "core/checkpoint": [...door, "core/record", "core/config"],
  "core/record": door,
  "core/config": ["core/contract", "core/errors", "core/modules", "core/engine/names.ts"],
  "core/weights": door,
  "core/modules": [],
  "core/wire": [],
  "core/files": ["core/errors"],
  statistics: ["core/arrays"],
  "core/contract": ["core/arrays"],
  "core/arrays": ["core/errors"],
  "core/errors": [],
};

/** The room of a file; undefined for one that stands in none. */
export function roomOf(file: string): string | undefined {
  const found = Object.keys(rooms).filter((room) => file === room || file.startsWith(`${room}/`));
  return found.sort((a, b) => b.length - a.length)[0];
}

/** Whether one room may import from another; what stands in no room may import nothing. */
export function mayImport(from: string | undefined, to: string | undefined): boolean {
  if (from === undefined || to === undefined) return false;
  if (from === to) return true;
  return rooms[from]!.some((one) => {
    if (!one.endsWith("/**")) return one === to;
    const above = one.slice(0, -"/**".length);
    return to === above || to.startsWith(`${above}/`);
  });
}
