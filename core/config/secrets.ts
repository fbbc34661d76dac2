/** Keys whose values are never printed and never written to a run. */
import { formatKeyPath } from "./key-path.ts";
import { isPlainObject, pluginKeys } from "./shorthand.ts";

/** What stands in the place of a secret. */
export const secretMark = "[secret]";

const secretName =
  /(^|_)(\w+_key|apikey|accesskey|privatekey|secretkey|token|secret|password|passwd|passphrase|pass|pwd|auth|authorization|credentials?|cookie|bearer|jwt|webhook|webhook_url)$/;
/** Tokens of language models, not of servers, and keys that sort and group. */
const noSecret =
  /(^|_)((bos|eos|pad|unk|sep|cls|mask|start|end|stop|special|prompt|per|use|max|min|n|num)_token|(sort|group|primary|foreign|public|partition|metric|row|step|cache|dict|state)_key)$/;

/** Whether the value at this key path is a secret, by its name or by that of a map around it. Plugins' names never are. */
export function isSecret(path: readonly PropertyKey[]): boolean {
  return path.some((segment, i) => {
    if (pluginKeys.has(formatKeyPath(path.slice(0, i)))) return false;
    const name = String(segment)
      .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
      .replace(/-/g, "_")
      .toLowerCase();
    return (secretName.test(name) && !noSecret.test(name)) || (name === "key" && path[0] === "sinks");
  });
}

/** The same for a name alone: of a parameter in an address, of a header. */
function isSecretName(name: string): boolean {
  return isSecret(["", name]) || /^(key|sig|signature|sas|code)$/i.test(name);
}

/** Texts that hold a secret among other things: addresses with a user or a parameter, and headers. */
function withoutSecretParts(text: string): string {
  return text
    .replace(/(?<=\b[a-z][a-z0-9+.-]*:\/\/)[^/?#\s@]*(?=@)/gi, secretMark)
    .replace(/([?&;])([\w.~-]+)=([^&;#\s]+)/g, (whole, before: string, name: string) =>
      isSecretName(name) ? `${before}${name}=${secretMark}` : whole,
    )
    .replace(/^(\s*[\w-]+)(\s*:\s*)(?!\/\/)\S.*$/s, (whole, name: string, colon: string) =>
      isSecret(["", name.trim()]) ? `${name}${colon}${secretMark}` : whole,
    )
    .replace(/\b(bearer|basic) +[\w.~+/=-]{8,}/gi, (_, scheme: string) => `${scheme} ${secretMark}`);
}

/** A copy with `[secret]` for every secret, and for those within a text: user, password and parameters of an address, headers. */
export function withoutSecrets<T>(config: T): T {
  return masked(config, []) as T;
}

/** Puts secrets back into a recorded config, from the same keys of another; a secret that it does not have is left out. */
export function withSecretsOf<T>(recorded: T, other: unknown): T {
  return restored(recorded, other, withoutSecrets(other)) as T;
}

function restored(value: unknown, other: unknown, otherMasked: unknown): unknown {
  if (typeof value === "string" && value.includes(secretMark)) return value === otherMasked ? other : undefined;
  if (!Array.isArray(value) && !isPlainObject(value)) return value;
  const within = (from: unknown, key: string) => (from as Record<string, unknown> | null | undefined)?.[key];
  const entries = Object.entries(value).map(([key, child]) => {
    return [key, restored(child, within(other, key), within(otherMasked, key))] as const;
  });
  if (Array.isArray(value)) return entries.map(([, child]) => child);
  return Object.fromEntries(entries.filter(([key, child]) => child !== undefined || value[key] === undefined));
}

function masked(value: unknown, path: readonly PropertyKey[]): unknown {
  if (value === null || value === undefined || typeof value === "boolean") return value;
  if (isSecret(path) && value !== "") return secretMark;
  if (typeof value === "string") return withoutSecretParts(value);
  if (Array.isArray(value)) return value.map((item, i) => masked(item, [...path, i]));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, masked(item, [...path, key])]));
}

/** A command line without secrets: `--set sinks.wandb.api_key=…`, `--api-key …`, and credentials in URLs. */
export function withoutSecretArguments(given: readonly string[]): string[] {
  return given.map((argument, i) => {
    const before = given[i - 1];
    if (before !== undefined && /^--[\w.-]+$/.test(before) && isSecret(before.slice(2).split("."))) return secretMark;
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(argument) ?? [];
    if (key === undefined) return withoutSecrets(argument);
    return isSecret(key.replace(/^-+/, "").split(".")) && value !== ""
      ? `${key}=${secretMark}`
      : `${key}=${withoutSecrets(value)}`;
  });
}
