/** What `tsc` leaves to do: the command must be executable. */
import { chmod } from "node:fs/promises";

await chmod(new URL("../dist/core/main.js", import.meta.url), 0o755).catch(() => {});
