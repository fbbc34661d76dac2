/** `experiment view [DIR]`: a local page over run directories, live while they train. */
import { existsSync } from "node:fs";
import type { CommandModule } from "yargs";

interface Arguments {
  dir: string | undefined;
  host: string;
  port: number;
  token: boolean;
  open: boolean;
}

export const viewCommand: CommandModule<object, Arguments> = {
  command: "view [dir]",
  describe: "Open a local page over run directories, live while they train.",
  builder: (yargs) =>
    yargs
      .positional("dir", { type: "string", describe: "Folder of runs, or one run by id, name, path or `latest`." })
      .option("port", { type: "number", default: 4800, describe: "Port to listen on; 0: any that is free." })
      .option("host", { type: "string", default: "127.0.0.1", describe: "Address to listen on; others need --token." })
      .option("token", { type: "boolean", default: false, describe: "Ask for a token, which the printed address has." })
      .option("open", { type: "boolean", default: false, describe: "Open the page in the browser." })
      .example("$0 view", "the runs of this folder's config")
      .example("$0 view runs/20261123-215501-k3f9", "one run") as never,
  handler: async ({ dir, host, port, token, open }) => {
    const { runsFolder } = await import("./runs-folder.ts");
    const { resolveRun } = await import("../core/record/runs.ts");
    const { startViewer } = await import("../viewer/server.ts");
    const named = dir !== undefined && !existsSync(dir);
    const shown = named ? resolveRun(await runsFolder(undefined), dir) : await runsFolder(dir);
    const viewer = await startViewer({ dir: shown, host, port, ...(token && { token: true as const }) });
    const stopped = new Promise<void>((stop) => {
      process.once("SIGINT", () => stop());
      process.once("SIGTERM", () => stop());
    });
    console.log(`Viewing at ${viewer.url} (Ctrl+C stops it)`);
    if (open) await openBrowser(viewer.url);
    await stopped;
    await viewer.close();
  },
};

/** By the system's own opener; where there is none, the printed address has to do. */
async function openBrowser(url: string): Promise<void> {
  const { spawn } = await import("node:child_process");
  const openers: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
    darwin: ["open", url],
    win32: ["explorer.exe", url],
  };
  const [command, ...args] = openers[process.platform] ?? ["xdg-open", url];
  spawn(command, args, { stdio: "ignore", detached: true })
    .on("error", () => {})
    .unref();
}
