/** What every plugin must keep to: a name, a summary, options that refuse what they do not know. */
import type { z } from "zod";
import type { Plugin } from "../core/contract/plugin.ts";
import { brokenContract } from "../core/errors/errors.ts";
import { checkPlugin } from "../core/host/registry.ts";

/** The options as the plugin gets them. Throws when it would not take them, or takes anything. */
export function acceptedOptions(plugin: Plugin, options: unknown): unknown {
  checkPlugin(plugin, plugin.name);
  const { name } = plugin;
  if (plugin.summary.trim() === "" || plugin.summary.includes("\n")) {
    throw brokenContract(name, "`summary` is shown in one line, and must not be empty");
  }
  const schema = plugin.options as z.ZodType<unknown>;
  const parsed = schema.safeParse(options);
  if (!parsed.success)
    throw brokenContract(name, `its options refuse what it is checked with: ${parsed.error.message}`);
  const unknown = schema.safeParse({ ...(options as object), no_such_option: 1 });
  if (unknown.success) throw brokenContract(name, "its options take unknown keys: use `z.strictObject`");
  return parsed.data;
}
