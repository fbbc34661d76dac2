/** What a sink is given by its run, kept for a test to look at. */
import type { SinkHost } from "../../core/contract/sink.ts";

/** A host that draws no charts. */
export interface TestHost extends SinkHost {
  readonly said: string[];
  readonly warned: string[];
  /** Reasons that the sink gave for a stop. */
  readonly stops: string[];
  /** `done/total`, each time. */
  readonly bars: string[];
}

export function testHost(more: Pick<SinkHost, "drawCharts"> = {}): TestHost {
  const [said, warned, stops, bars]: [string[], string[], string[], string[]] = [[], [], [], []];
  return {
    said,
    warned,
    stops,
    bars,
    info: (message) => void said.push(message),
    warn: (message) => void warned.push(message),
    stop: (reason) => void stops.push(reason),
    progress: (done, total) => void bars.push(`${done}/${total}`),
    ...more,
  };
}
