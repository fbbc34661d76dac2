#!/usr/bin/env node
/** The command `experiment`, and the composition root: the one core file that knows where the built-in plugins are. */
import { outliveOutput } from "./broken-pipe.ts";
import { runCli } from "./cli.ts";

outliveOutput(process);
process.exitCode = await runCli(process.argv.slice(2), async () => (await import("../plugins/index.ts")).builtIns);
