/** A file that is read in pieces: weights may be larger than memory. */
import { closeSync, fstatSync, readSync } from "node:fs";
import { damagedWeights, ExperimentError, unreadableWeights } from "../errors/errors.ts";
import { openRegular, UnfitFile } from "../files/regular-file.ts";

/** An open file. */
export interface OpenFile {
  readonly path: string;
  readonly size: number;
  /** The bytes from `start` on. Throws where the file ends before. */
  read(start: number, length: number): Uint8Array<ArrayBuffer>;
  close(): void;
}

/** The most that one read call takes; Linux itself stops at 2 GiB. */
const mostAtOnce = 2 ** 30;

/** Opens a file for reading. Throws `weights.invalid` where that cannot be. */
export function openFile(path: string): OpenFile {
  const attempt = <T>(does: () => T): T => {
    try {
      return does();
    } catch (thrown) {
      if (thrown instanceof ExperimentError) throw thrown;
      if (thrown instanceof UnfitFile) throw damagedWeights(path, thrown.message);
      throw unreadableWeights(path, thrown);
    }
  };
  const descriptor = attempt(() => openRegular(path));
  const { size } = attempt(() => fstatSync(descriptor));
  return {
    path,
    size,
    read: (start, length) =>
      attempt(() => {
        const bytes = new Uint8Array(length);
        for (let done = 0; done < length; ) {
          const got = readSync(descriptor, bytes, done, Math.min(mostAtOnce, length - done), start + done);
          if (got === 0) throw new Error(`it ends at byte ${start + done}`);
          done += got;
        }
        return bytes;
      }),
    close: () => closeSync(descriptor),
  };
}
