/** NVIDIA's libraries as pip lays them out: `nvidia/cu13/lib` for all of CUDA 13, `nvidia/cublas/lib` and so on for 12. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { XlaFlags } from "./compile-options.ts";
import { type Koffi, openLibrary } from "./pjrt/koffi.ts";

/** What XLA's plugin opens by name, each after those that it needs itself. */
const libraries = [
  "cudart", "nvJitLink", "nvrtc", "cublasLt", "cublas", "cusparse", "cusolver", "cufft", "cudnn", "cupti", "nccl", "nvshmem_host",
]; // biome-ignore format: a list

/**
 * Opens the libraries that lie among these packages, so that the plugin finds them under their names and nobody has to set
 * LD_LIBRARY_PATH. What cannot be opened is left for the plugin to complain about.
 */
export function preloadNvidia(koffi: Koffi, packages: readonly string[]): void {
  const folders = packages
    .flatMap(foldersOf)
    .map((folder) => join(folder, "lib"))
    .filter(existsSync);
  const files = folders.flatMap((folder) => readdirSync(folder).map((name) => ({ name, path: join(folder, name) })));
  for (const library of libraries) {
    const file = files.find(({ name }) => name.startsWith(`lib${library}.so.`));
    if (file === undefined) continue;
    try {
      openLibrary(koffi, file.path, { global: true });
    } catch {
      // the plugin says what it misses
    }
  }
}

/** Tells XLA where the compiler's own files are, where pip brought them. */
export function nvidiaFlags(packages: readonly string[]): XlaFlags {
  const folder = packages.flatMap(foldersOf).find((one) => existsSync(join(one, "nvvm", "libdevice")));
  return folder === undefined ? {} : { xla_gpu_cuda_data_dir: folder };
}

function foldersOf(packages: string): string[] {
  const folder = join(packages, "nvidia");
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}
