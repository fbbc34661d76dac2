/**
 * A seal says that this user made something: a keyed hash (HMAC-SHA-256) under a key that only they have. What a run directory
 * orders (code, addresses, folders) is followed without asking when it bears the seal of the user who runs the command.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { canonicalJson } from "./canonical.ts";
import { makeFolder, nodeDisk } from "./disk.ts";

/** Where the key is: in the user's own state, readable by them alone. It opens nothing and is worth nothing elsewhere. */
export function sealKeyPath(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return join(env.XDG_STATE_HOME || join(homedir(), ".local", "state"), "reluscope", "seal.key");
}

/** The user's seal on a value; undefined where no key can be kept (a home that is read-only). The first call makes the key. */
export function sealOf(value: unknown): string | undefined {
  const key = storedKey() ?? madeKey();
  return key && hmac(key, value);
}

/** Whether a value bears the seal of this user. */
export function isSealed(value: unknown, seal: unknown): boolean {
  const key = typeof seal === "string" ? storedKey() : undefined;
  if (key === undefined) return false;
  const expected = Buffer.from(hmac(key, value));
  const given = Buffer.from(seal as string);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function hmac(key: Buffer, value: unknown): string {
  return createHmac("sha256", key).update(canonicalJson(value)).digest("hex");
}

const keyBytes = 32;

function storedKey(): Buffer | undefined {
  try {
    const key = Buffer.from(readFileSync(sealKeyPath(), "utf8").trim(), "hex");
    return key.length === keyBytes ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Whole under another name first and linked to its own, so that of two processes that make one both read the same. */
function madeKey(): Buffer | undefined {
  const path = sealKeyPath();
  const aside = `${path}.${randomBytes(4).toString("hex")}`;
  try {
    makeFolder(dirname(path), nodeDisk, 0o700);
    writeFileSync(aside, `${randomBytes(keyBytes).toString("hex")}\n`, { mode: 0o600, flag: "wx" });
    linkSync(aside, path);
  } catch {
    // Another process was first, or no key can be kept here: the next line tells which.
  } finally {
    rmSync(aside, { force: true });
  }
  return storedKey();
}
