/** Keys of the config as W&B's agent passes them: `--train.lr=0.1` or `train.lr=0.1`, for the commands that take a config. */

const takesConfig: ReadonlySet<string> = new Set(["train", "config", "sweep"]);
const assignment = /^[A-Za-z_]\w*(?:\.[\w-]+|\["[^"]*"\])+=/;
const dotted = /^--([A-Za-z_]\w*(?:\.[\w-]+|\["[^"]*"\])+)(=.*)?$/s;

/** The same command line with `--set` for each of them. */
export function withAgentFlags(argv: readonly string[]): string[] {
  if (!takesConfig.has(argv[0] ?? "")) return [...argv];
  const given: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    const [, key, value] = dotted.exec(word) ?? [];
    const isValue = /^-[^=]*$/.test(argv[i - 1] ?? "") && !dotted.test(argv[i - 1] ?? "");
    if (key !== undefined && value !== undefined) given.push("--set", key + value);
    else if (key !== undefined && argv[i + 1] !== undefined) given.push("--set", `${key}=${argv[++i]}`);
    else if (assignment.test(word) && !isValue) given.push("--set", word);
    else given.push(word);
  }
  return given;
}
