/**
 * Where Vega's axes have ticks. Its own choice is 1, 2, 3, … 9 of each decade on a logarithmic axis, and 6.5 between powers of two; on a
 * linear one more than there is room for, of which every other is left out then: 40, 80, 120.
 */
import { transforms } from "vega";
import { linearTicks, logTicks, roundAmong } from "../charts/nice-ticks.ts";

interface Scale {
  readonly type: string;
  domain(): readonly unknown[];
  range(): readonly number[];
  base?(): number;
}

/** Parameters of Vega's operator `axisticks`, as far as they are looked at. */
interface Parameters {
  readonly scale: Scale;
  readonly count?: unknown;
  readonly minstep?: number;
  readonly values?: readonly unknown[];
  readonly format?: (value: number) => string;
  readonly formatSpecifier?: string;
}
interface Pulse {
  readonly dataflow: { locale(): { format(specifier: string): (value: number) => string } };
}
type AxisTicks = new (...given: never[]) => { transform(parameters: Parameters, pulse: Pulse): unknown };

/** More values on an axis of places than this are thinned. */
const crowd = 20;
/** Pixels that a label takes along an axis. */
const labelRoom = 50;

const table = transforms as unknown as Record<string, AxisTicks>;
const standard = table.axisticks!;

table.axisticks = class extends standard {
  override transform(parameters: Parameters, pulse: Pulse): unknown {
    const values = parameters.values ?? valuesOf(parameters);
    const { formatSpecifier: spelling = "", scale } = parameters;
    // Vega would write 0.2k beside 1k; each tick by itself is 200.
    const own = scale.type === "linear" &&
      spelling.endsWith("s") && { format: pulse.dataflow.locale().format(spelling) };
    const chosen = { ...(values && { values, count: values.length, minstep: undefined }), ...own };
    return super.transform(Object.assign(Object.create(parameters) as Parameters, chosen), pulse);
  }
};

function valuesOf({ scale, count, minstep }: Parameters): readonly number[] | undefined {
  const domain = scale.domain();
  if (!domain.every((value): value is number => typeof value === "number" && Number.isFinite(value))) return undefined;
  const [low, high] = [Math.min(...domain), Math.max(...domain)];
  const most = typeof count === "number" ? Math.max(2, Math.round(count * 1.25)) : 8;
  if (scale.type === "linear") return linearTicks(low, high, most, minstep);
  if (scale.type === "log" && low > 0) return logTicks(low, high, scale.base?.() ?? 10, most);
  if (!["band", "point"].includes(scale.type) || domain.length <= crowd) return undefined;
  const [from = 0, to = 0] = scale.range();
  return roundAmong(domain, Math.max(2, Math.floor(Math.abs(to - from) / labelRoom)));
}
