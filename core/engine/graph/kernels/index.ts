/** Every TensorFlow.js kernel that can be traced, by its name there. */
import { arrange } from "./arrange.ts";
import { elementwise } from "./elementwise.ts";
import type { Kernels } from "./kernel.ts";
import { lookup } from "./lookup.ts";
import { matmul } from "./matmul.ts";
import { reduce } from "./reduce.ts";

export const kernels: Kernels = { ...elementwise, ...arrange, ...reduce, ...lookup, ...matmul };
