/** Koffi, which calls C from Node. Optional: it may not be installed. */
import { engineUnavailable, reasonOf } from "../../../errors/errors.ts";

export type Koffi = typeof import("koffi")["default"];

/** XLA's compiler recurses deeply; calls that run beside the event loop are given as much. */
const stack = 16 * 2 ** 20;

/** Loads it. Throws `engine.unavailable` where it is missing. */
export async function loadKoffi(): Promise<Koffi> {
  try {
    const { default: koffi } = await import("koffi");
    if (koffi.config().async_stack_size !== stack) {
      koffi.config({ ...koffi.config(), sync_stack_size: stack, async_stack_size: stack });
    }
    return koffi;
  } catch (thrown) {
    throw engineUnavailable("xla", reasonOf(thrown).split("\n")[0]!, "Install it with `npm install koffi`.");
  }
}

type Library = ReturnType<Koffi["load"]>;

/** Koffi closes a library once nobody holds it, with whatever runs in it. */
const opened: Library[] = [];

/** Opens a shared library for the rest of the process. `global`: its symbols serve libraries opened later. */
export function openLibrary(koffi: Koffi, path: string, { global = false } = {}): Library {
  const library = koffi.load(path, { lazy: true, global });
  opened.push(library);
  return library;
}
