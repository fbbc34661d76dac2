/**
 * Bounds on what a chart makes of what is on record: a few words of a spec multiply its rows by each other. Vega's transforms are told
 * before they begin how much they may make; what a spec makes out of nothing is bounded before it is compiled (`charts/chart-cost.ts`).
 */
import { transforms } from "vega";

/** Values that one transform may make, more than a chart is given: 100 000 marks take 5 s and 500 MB. */
const most = 200_000;
/** Steps that one may take where it goes over its rows again and again: about 2 s. */
const mostSteps = 100_000_000;
/** Panels and lines: each is a group of marks of its own. */
const mostGroups = 2_000;

type Field = (row: object) => unknown;
type Rows = readonly object[];

/** Parameters of Vega's transforms, as far as they are looked at (vega.github.io/vega/docs/transforms). */
interface Parameters {
  readonly groupby?: readonly Field[];
  readonly key?: Field;
  readonly keyvals?: readonly unknown[];
  readonly field?: Field;
  readonly fields?: readonly Field[];
  readonly steps?: number;
  readonly maxsteps?: number;
  readonly probs?: readonly number[];
  readonly step?: number;
  readonly bandwidth?: number;
  readonly order?: number;
  readonly extent?: readonly number[];
}

/** What a transform makes of rows, and how much of that is too much. */
interface Bound {
  readonly makes: string;
  readonly most: number;
  count(parameters: Parameters, rows: Rows): number;
}

const groups = (rows: Rows, fields: readonly Field[] = []) =>
  new Set(rows.map((row) => fields.map((field) => String(field(row))).join("\n"))).size;
const lengthOf = (value: unknown) => (Array.isArray(value) ? value.length : 0);
const values = (count: Bound["count"]): Bound => ({ makes: "values", most, count });
const steps = (count: Bound["count"]): Bound => ({ makes: "steps", most: mostSteps, count });

const bounds: Readonly<Record<string, Bound>> = {
  impute: values(
    ({ groupby, key, keyvals = [] }, rows) => groups(rows, groupby) * (groups(rows, key && [key]) + keyvals.length),
  ),
  kde: values((p, rows) => groups(rows, p.groupby) * (p.steps || p.maxsteps || 200)),
  quantile: values((p, rows) => groups(rows, p.groupby) * (p.probs?.length ?? 1 / (p.step || 0.01))),
  fold: values(({ fields = [] }, rows) => rows.length * fields.length),
  flatten: values(({ fields = [] }, rows) =>
    rows.reduce((sum, row) => sum + fields.reduce((longest, field) => Math.max(longest, lengthOf(field(row))), 0), 0),
  ),
  pivot: values(({ groupby, field }, rows) => groups(rows, groupby) * groups(rows, field && [field])),
  regression: steps(({ order = 3 }, rows) => rows.length * order ** 2 + order ** 3),
  loess: steps(({ bandwidth }, rows) => rows.length ** 2 * (bandwidth || 0.3)),
  bin: { makes: "bins", most, count: ({ extent: [low = 0, high = 0] = [], step = 1 }) => (high - low) / step },
  facet: { makes: "panels or lines", most: mostGroups, count: ({ key }, rows) => groups(rows, key && [key]) },
  prefacet: { makes: "panels or headers", most: mostGroups, count: (_, rows) => rows.length },
};

interface Pulse {
  readonly SOURCE: number;
  readonly ADD: number;
  visit(which: number, see: (row: object) => void): void;
}
type Transform = new (...given: never[]) => { transform(parameters: Parameters, pulse: Pulse): unknown };

for (const [name, bound] of Object.entries(bounds)) {
  const table = transforms as unknown as Record<string, Transform>;
  table[name] = bounded(name, table[name]!, bound);
}

function bounded(name: string, transform: Transform, { makes, most, count }: Bound): Transform {
  return class extends transform {
    override transform(parameters: Parameters, pulse: Pulse): unknown {
      const rows: object[] = [];
      pulse.visit(pulse.SOURCE, (row) => rows.push(row));
      const made = Math.round(count(parameters, rows));
      const number = (n: number) => n.toLocaleString("en");
      if (!(made <= most))
        throw new Error(
          `\`${name}\` would make ${number(made)} ${makes} of ${number(rows.length)} rows; the most is ${number(most)}`,
        );
      return super.transform(parameters, pulse);
    }
  };
}
