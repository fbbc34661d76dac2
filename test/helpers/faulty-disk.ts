import fs from "node:fs";
import type { Disk } from "../../core/record/disk.ts";

/** What a disk refused. */
export function refusal(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: refused by the test`), { code });
}

/** The real disk until operation number `at` (from 0); that one and all later ones throw, as if the process had died. */
export function dyingDisk(at: number): Disk & { readonly operations: number } {
  let operations = 0;
  return new Proxy(
    { ...fs, operations: 0 },
    {
      get(target, name) {
        if (name === "operations") return operations;
        const operation = Reflect.get(target, name) as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => {
          if (operations >= at) throw refusal("EDEAD");
          operations++;
          return operation(...args);
        };
      },
    },
  );
}

/** The real disk with some operations replaced. */
export function changedDisk(changes: Partial<Disk>): Disk {
  return { ...fs, ...changes };
}
