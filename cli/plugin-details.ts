/** A plugin in words: for `experiment plugins`, and as data for `--json`. */
import { z } from "zod";
import { type Plugin, pluginKinds } from "../core/contract/plugin.ts";
import { sectionOf } from "../core/host/metrics.ts";
import { bold, table } from "./terminal.ts";

interface OptionDetails {
  readonly name: string;
  readonly description: string;
  readonly type: string;
  readonly default?: unknown;
  readonly required: boolean;
}

/** Everything about a plugin that is plain data. */
export function detailsOf(plugin: Plugin): Readonly<Record<string, unknown>> {
  const { kind, name, summary } = plugin;
  const options = optionsOf(plugin);
  if (plugin.kind === "model")
    return { kind, name, summary, options, sites: plugin.sites, neuron: plugin.neuron, reads: plugin.reads ?? [] };
  if (plugin.kind === "optimizer" || plugin.kind === "schedule")
    return { kind, name, summary, options, reads: plugin.reads ?? [] };
  if (plugin.kind !== "analyzer") return { kind, name, summary, options };
  const { sites, metrics, charts } = plugin;
  return { kind, name, summary, options, section: sectionOf(name), sites, metrics, charts: charts ?? [] };
}

function optionsOf(plugin: Plugin): readonly OptionDetails[] {
  const schema = z.toJSONSchema(plugin.options, { io: "input", unrepresentable: "any" }) as {
    properties?: Record<string, { description?: string; type?: string; enum?: unknown[]; default?: unknown }>;
    required?: string[];
  };
  const own = Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    description: property.description ?? "",
    type: property.enum ? property.enum.join(" | ") : (property.type ?? "any"),
    ...("default" in property ? { default: property.default } : {}),
    required: schema.required?.includes(name) ?? false,
  }));
  if (plugin.kind !== "analyzer") return own;
  const every = "Look at every N-th step (and always at the first and the last).";
  return [{ name: "every", description: every, type: "integer", default: plugin.every ?? 1, required: false }, ...own];
}

/** One line a plugin, by kind. */
export function overviewOf(plugins: readonly Plugin[]): string {
  const kinds = [...new Set(plugins.map((plugin) => plugin.kind))];
  const parts = kinds.map((kind) => {
    const rows = plugins.filter((plugin) => plugin.kind === kind).map((p) => [`  ${p.name}`, p.summary]);
    return `${bold(pluginKinds[kind].plural)}\n${table(rows)}`;
  });
  return `${parts.join("\n\n")}\n\n\`experiment plugins NAME\` tells options and metrics; \`plugins/README.md\` how to write one.`;
}

/** All about one plugin: options, sites, metrics, charts. */
export function describePlugin(plugin: Plugin): string {
  const lines = [`${bold(plugin.name)} (${plugin.kind}): ${plugin.summary}`, "", bold("options")];
  const options = optionsOf(plugin);
  for (const option of options) {
    const standard = option.required
      ? "required"
      : option.default === undefined
        ? "optional"
        : `default ${JSON.stringify(option.default)}`;
    lines.push(`  ${option.name} (${option.type}, ${standard})`, `      ${option.description}`);
  }
  if (options.length === 0) lines.push("  none");
  if (plugin.kind === "model") {
    const sites = Object.entries(plugin.sites).map(([site, dimensions]) => [`  ${site}`, `[${dimensions?.join(" ")}]`]);
    lines.push("", `${bold("neuron")} ${plugin.neuron}`, "", bold("sites"), table(sites));
  }
  if ("reads" in plugin && plugin.reads !== undefined) {
    const section = plugin.kind === "model" ? "model" : "train";
    lines.push("", `${bold("reads")} ${plugin.reads.map((key) => `${section}.${key}`).join(", ")}`);
  }
  if (plugin.kind === "analyzer") {
    lines.push("", `${bold("sites")} ${plugin.sites.join(", ")}`, "", bold("metrics"));
    for (const [metric, meaning] of Object.entries(plugin.metrics)) {
      lines.push(`  ${sectionOf(plugin.name)}/${metric}`, `      ${meaning}`);
    }
    if (plugin.charts?.length) lines.push("", bold("charts"));
    for (const chart of plugin.charts ?? []) lines.push(`  ${chart.title} (${chart.id})`, `      ${chart.description}`);
  }
  return lines.join("\n");
}
