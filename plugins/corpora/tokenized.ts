/** What stands beside files of token ids, where `experiment tokenize` wrote them. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Tokenized, tokenizedName, tokenizedSchema } from "../../core/contract/tokenized.ts";
import { invalidData, reasonOf } from "../../core/errors/errors.ts";
import type { SourceFile } from "./files.ts";

/** Bytes; a thousand shards need a tenth of it. */
const longest = 2 ** 20;

/** What is said of a file; undefined where nothing is. Throws `data.invalid` where it is not so. */
export function tokenizedOf({ path, shown, size }: SourceFile): Tokenized | undefined {
  const folder = dirname(path);
  const beside = tokenizedName(basename(path));
  const said = readOwn(join(folder, beside), `${beside} beside ${shown}`);
  const own = said?.shards.find(({ file }) => file === basename(path));
  if (said === undefined || own === undefined) return undefined;
  const bytes = own.tokens * (said.dtype === "uint16" ? 2 : 4);
  if (bytes !== size) {
    const problem = `expected ${bytes} bytes, ${own.tokens} tokens by ${beside}, got ${size}. It may be cut off, or another file.`;
    throw invalidData(shown, problem);
  }
  const gone = said.shards.find(({ file }) => !existsSync(join(folder, file)));
  if (gone !== undefined) {
    const problem = `${beside} beside it names ${gone.file}, which is not there. Bring it back, or tokenize the text again.`;
    throw invalidData(shown, problem);
  }
  return said;
}

/** Another program's JSON under this name says nothing of tokens. */
function readOwn(path: string, where: string): Tokenized | undefined {
  try {
    if (!statSync(path).isFile() || statSync(path).size > longest) return undefined;
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (!String((value as { format?: unknown } | null)?.format).startsWith("reluscope tokens")) return undefined;
    const parsed = tokenizedSchema.safeParse(value);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw invalidData(
      where,
      `${issue?.path.join(".")}: ${issue?.message}. It was written by another version, or changed.`,
    );
  } catch (thrown) {
    if (thrown instanceof SyntaxError || (thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    if (thrown instanceof Error && "exitCode" in thrown) throw thrown;
    throw invalidData(where, `cannot be read: ${reasonOf(thrown)}.`, thrown);
  }
}
