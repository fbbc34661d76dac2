import { fit } from "./fit.ts";

console.log(`run: ${await fit(Number(process.argv[2] ?? 20))}`);
