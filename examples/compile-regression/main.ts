import { regression } from "./regression.ts";

await regression(Number(process.argv[2] ?? 1000));
