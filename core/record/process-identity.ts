/** Who a process is, so that another one can tell later whether it still lives. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** A process, by things that a recycled pid or a rebooted machine does not share. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the system's own terms; absent where the system does not say. */
  readonly started?: string;
  /** Hash of the machine (its id, its name and the container's process table), never its name itself. */
  readonly machine: string;
  /** Hash of this boot of the machine; absent where the system does not say. */
  readonly boot?: string;
}

/** `live`, `gone`, or `elsewhere`: on another machine or in another container, where nobody here can look. */
export type Liveness = "live" | "gone" | "elsewhere";

/** This process. */
export function thisProcess(): ProcessIdentity {
  const started = startOf(process.pid);
  const boot = textOf("/proc/sys/kernel/random/boot_id");
  return {
    pid: process.pid,
    ...(started === undefined ? {} : { started }),
    machine: machineHash(),
    ...(boot === undefined ? {} : { boot: hashed(boot) }),
  };
}

/** Whether a process still lives, as far as can be told from here. */
export function livenessOf(other: ProcessIdentity, here: ProcessIdentity = thisProcess()): Liveness {
  if (other.machine !== here.machine) return "elsewhere";
  // Rebooted since, or a clone of the same image: that cannot be told from here.
  if (other.boot !== here.boot) return "elsewhere";
  if (!answers(other.pid)) return "gone";
  const stat = statOf(other.pid);
  // Dead, and its parent has not asked how it died: nobody does in a container whose first process is no init.
  if (stat !== undefined && /^[ZX]$/.test(stat[0]!)) return "gone";
  return other.started === undefined || other.started === startOf(other.pid, stat) ? "live" : "gone";
}

let machine: string | undefined;
function machineHash(): string {
  machine ??= hashed(`${textOf("/etc/machine-id") ?? ""} ${hostname()} ${pidNamespace()}`);
  return machine;
}

function hashed(text: string): string {
  return createHash("sha256").update(`reluscope ${text}`).digest("hex").slice(0, 16);
}

/** Containers of one machine share its id but not its pids. */
function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

/** Whether a process has this number now, a zombie too. */
export function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** /proc/PID/stat from its third field, the state, on (proc(5)); undefined where there is none. */
function statOf(pid: number): readonly string[] | undefined {
  const text = textOf(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** Start time: field 22 of /proc/PID/stat (clock ticks since boot) on Linux, `ps` on other Unix systems. */
function startOf(pid: number, stat: readonly string[] | undefined = statOf(pid)): string | undefined {
  if (stat !== undefined) return stat[19];
  if (process.platform === "win32" || process.platform === "linux") return undefined;
  try {
    const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { env, encoding: "utf8" }).trim() || undefined;
  } catch {
    return undefined;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
