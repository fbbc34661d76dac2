/** `experiment view [DIR]`: a local page over run directories, live while they train. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { resolveRun } from "../core/record/runs.ts";
import { startViewer } from "../viewer/server.ts";
import { runsFolder } from "./runs-folder.ts";

interface Arguments {
  dir: string | undefined;
  host: string;
  port: number;
  token: boolean;
  open: boolean;
  edit: boolean | undefined;
}

export async function viewCommand({ dir, host, port, token, open, edit }: Arguments): Promise<void> {
  const named = dir !== undefined && !existsSync(dir);
  const shown = named ? resolveRun(await runsFolder(undefined), dir) : await runsFolder(dir);
  const viewer = await startViewer({
    dir: shown,
    host,
    port,
    ...(token && { token: true as const }),
    ...(edit !== undefined && { edit }),
  });
  const stopped = new Promise<void>((stop) => {
    process.once("SIGINT", () => stop());
    process.once("SIGTERM", () => stop());
  });
  console.log(`Viewing at ${viewer.url} (Ctrl+C stops it)`);
  if (open) openBrowser(viewer.url);
  await stopped;
  await viewer.close();
}

/** By the system's own opener; where there is none, the printed address has to do. */
function openBrowser(url: string): void {
  const openers: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
    darwin: ["open", url],
    win32: ["explorer.exe", url],
  };
  const [command, ...args] = openers[process.platform] ?? ["xdg-open", url];
  spawn(command, args, { stdio: "ignore", detached: true })
    .on("error", () => {})
    .unref();
}
