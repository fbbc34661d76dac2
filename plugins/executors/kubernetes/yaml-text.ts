/** Plain data as YAML that people can read: texts always in double quotes, as JSON has them, which YAML reads the same. */

export function yamlText(value: unknown): string {
  return `${lines(value).join("\n")}\n`;
}

function lines(value: unknown): string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      const [first = "", ...rest] = isNested(item) ? lines(item) : [scalar(item)];
      return [`- ${first}`, ...rest.map((line) => `  ${line}`)];
    });
  }
  return Object.entries(value as object)
    .filter(([, child]) => child !== undefined)
    .flatMap(([key, child]) => {
      const name = /^[A-Za-z][\w.-]*$/.test(key) ? key : JSON.stringify(key);
      return isNested(child) ? [`${name}:`, ...lines(child).map((line) => `  ${line}`)] : [`${name}: ${scalar(child)}`];
    });
}

/** Whether a value takes lines of its own. */
function isNested(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

function scalar(value: unknown): string {
  return JSON.stringify(value) ?? "null";
}
