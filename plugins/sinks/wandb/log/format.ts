/**
 * The container of W&B's transaction log, LevelDB's log format with a file header: blocks of 32 KiB counted from the start
 * of the file, in them chunks of `crc32 (4) length (2) type (1) payload`, little-endian. The CRC is plain IEEE CRC-32 over
 * type and payload. A record is one FULL chunk, or FIRST, MIDDLE …, LAST. Fewer than 7 bytes left in a block are zeros.
 */

/** `:W&B`, magic 0xBEE1 little-endian, version 0. */
export const fileHeader: Buffer = Buffer.from("3a572642e1be00", "hex");

export const blockSize = 32_768;
export const chunkHeaderSize = 7;

export const chunkType = { full: 1, first: 2, middle: 3, last: 4 } as const;
