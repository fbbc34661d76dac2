/**
 * The directory of a zip archive (PKWARE's APPNOTE, 4.3), as PyTorch writes one: entries are stored as they are, so that each can
 * be read where it lies. Nothing is ever inflated, and nothing is written: names are keys and no paths. zip64 is understood.
 */
import type { ExperimentError } from "../errors/experiment-error.ts";
import type { OpenFile } from "./file.ts";

/** Where an entry's bytes lie in the file. */
export interface ZipEntry {
  readonly start: number;
  readonly size: number;
}

/** The end record is 22 bytes and a comment of at most 65535. */
const [endBytes, longestComment] = [22, 65_535];
/** Far more than any model has tensors. */
const mostEntries = 1_000_000;
/** Stands for "see the zip64 field" in fields of 4 bytes. */
const elsewhere = 0xffff_ffff;

/** Entries by name. `damaged` makes the error that is thrown for an archive that is not what it should be. */
export function zipEntries(file: OpenFile, damaged: (problem: string) => ExperimentError): Map<string, ZipEntry> {
  const { count, start, size } = directoryOf(file, damaged);
  if (count > mostEntries || start + size > file.size) throw damaged("its list of entries does not fit the file");
  const bytes = file.read(start, size);
  const view = new DataView(bytes.buffer);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > size || view.getUint32(at, true) !== 0x0201_4b50) throw damaged(`entry ${i} of its list is cut off`);
    const lengths = [28, 30, 32].map((offset) => view.getUint16(at + offset, true)) as [number, number, number];
    const end = at + 46 + lengths[0] + lengths[1] + lengths[2];
    if (end > size) throw damaged(`entry ${i} of its list is cut off`);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + lengths[0]));
    const found = fieldsOf(view, at, lengths);
    if (name.startsWith("/") || name.includes("\\") || name.split("/").includes("..")) {
      throw damaged("an entry's name leads out of the archive");
    }
    if (entries.has(name)) throw damaged("two of its entries have one name");
    if (found.flags & 1) throw damaged("its entries are encrypted");
    if (found.method !== 0 || found.packed !== found.size) {
      throw damaged("its entries are compressed, which PyTorch's never are");
    }
    entries.set(name, { start: dataStart(file, found.header, damaged), size: found.size });
    at = end;
  }
  checkApart([...entries.values()], start, damaged);
  return entries;
}

interface Directory {
  readonly count: number;
  readonly start: number;
  readonly size: number;
}

function directoryOf(file: OpenFile, damaged: (problem: string) => ExperimentError): Directory {
  const tailStart = Math.max(0, file.size - endBytes - longestComment);
  const tail = new DataView(file.read(tailStart, file.size - tailStart).buffer);
  let at = tail.byteLength - endBytes;
  while (at >= 0 && tail.getUint32(at, true) !== 0x0605_4b50) at--;
  if (at < 0) throw damaged("it is no zip archive");
  const plain = {
    count: tail.getUint16(at + 10, true),
    size: tail.getUint32(at + 12, true),
    start: tail.getUint32(at + 16, true),
  };
  if (plain.count !== 0xffff && plain.size !== elsewhere && plain.start !== elsewhere) return plain;
  if (at < 20 || tail.getUint32(at - 20, true) !== 0x0706_4b50) throw damaged("its zip64 record is missing");
  const wideAt = number64(tail, at - 20 + 8);
  if (wideAt + 56 > file.size) throw damaged("its zip64 record is missing");
  const wide = new DataView(file.read(wideAt, 56).buffer);
  if (wide.getUint32(0, true) !== 0x0606_4b50) throw damaged("its zip64 record is missing");
  return { count: number64(wide, 32), size: number64(wide, 40), start: number64(wide, 48) };
}

/** What one entry of the list says; wide fields come from its zip64 field, in the order in which they are needed. */
function fieldsOf(view: DataView, at: number, [nameLength, extraLength]: readonly [number, number, number]) {
  const narrow = {
    flags: view.getUint16(at + 8, true),
    method: view.getUint16(at + 10, true),
    packed: view.getUint32(at + 20, true),
    size: view.getUint32(at + 24, true),
    header: view.getUint32(at + 42, true),
  };
  const extra = at + 46 + nameLength;
  for (let field = extra; field + 4 <= extra + extraLength; ) {
    const [id, length] = [view.getUint16(field, true), view.getUint16(field + 2, true)];
    if (id === 1) {
      let next = field + 4;
      const wide = (value: number) => {
        if (value !== elsewhere || next + 8 > Math.min(field + 4 + length, extra + extraLength)) return value;
        next += 8;
        return number64(view, next - 8);
      };
      const size = wide(narrow.size); // the uncompressed size comes first
      return { ...narrow, size, packed: wide(narrow.packed), header: wide(narrow.header) };
    }
    field += 4 + length;
  }
  return narrow;
}

/** Behind the entry's own header, which repeats the name and has padding of its own. */
function dataStart(file: OpenFile, header: number, damaged: (problem: string) => ExperimentError): number {
  if (header + 30 > file.size) throw damaged("an entry lies outside the file");
  const view = new DataView(file.read(header, 30).buffer);
  if (view.getUint32(0, true) !== 0x0403_4b50) throw damaged("an entry has no header");
  return header + 30 + view.getUint16(26, true) + view.getUint16(28, true);
}

/** Entries that share bytes are how a small archive pretends to be a large one. */
function checkApart(
  entries: readonly ZipEntry[],
  directory: number,
  damaged: (problem: string) => ExperimentError,
): void {
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.start - b.start || a.size - b.size)) {
    if (entry.start < end) throw damaged("its entries overlap");
    end = entry.start + entry.size;
  }
  if (end > directory) throw damaged("an entry lies outside the file");
}

/** A number of 8 bytes; one that is too large to be exact is too large for any file. */
function number64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}
