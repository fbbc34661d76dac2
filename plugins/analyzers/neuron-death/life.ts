/** The states of one layer's units, by what they did in windows of training sequences. */
import type { Arrays, NDArray } from "../../../core/arrays/ndarray.ts";
import { windowsToTurnOff } from "../../../statistics/survival.ts";

/**
 * - born_dead: never fired since bookkeeping began; alive: fires often enough that one silent window would be significant;
 * - rare: fires, but a silent window would prove nothing; silent: did not fire in the window, which is not (yet) significant;
 * - dead: silent significantly (turn-off test) and for `grace` windows more; revived: fires again after death.
 */
export const lifeStates = ["born_dead", "alive", "rare", "silent", "dead", "revived"] as const;
export type LifeState = (typeof lifeStates)[number];
const code = Object.fromEntries(lifeStates.map((state, i) => [state, i])) as Record<LifeState, number>;

/** How states are judged. */
export interface LifeOptions {
  readonly units: number;
  /** Sequences in a window. */
  readonly window: number;
  /** Sequences at the start of training that are not looked at. */
  readonly skip: number;
  /** False alarms of the turn-off test a window, over all units of the layer together. */
  readonly alpha: number;
  /** Silent windows after significance until a unit is called dead. */
  readonly grace: number;
}

/** A unit that was found dead, or that came back. */
export interface Turn {
  readonly unit: number;
  readonly kind: "death" | "revival";
  /** Sequences since the unit last fired (death) or between its last firing before death and now (revival). */
  readonly silentSequences: number;
  /** Step at which it last fired before falling silent. */
  readonly lastStep: number;
  /** Sequences of its last window with firings that held it. */
  readonly reference: number;
}

/** What a closed window showed. */
export interface WindowReport {
  /** Units in each state, by `lifeStates`. */
  readonly census: Float64Array;
  /** Units that went from state (row) to state (column) since the window before, `[6 6]`. */
  readonly transitions: Float64Array;
  readonly turns: readonly Turn[];
  /** Units that could have died in this window: alive, rare, silent or revived at its start. */
  readonly atRisk: number;
}

/** Follows one layer. Only the stream of sequences matters, not how it was cut into batches. */
export interface Life {
  /** Takes a batch, counts `[batch d_mlp]`; returns a report for each window that it closed. */
  add(perSequence: Int32Array, batch: number, step: number): WindowReport[];
  /** State of each unit, an index into `lifeStates`. */
  readonly states: Uint8Array;
  /** Sequences since each unit last fired; since bookkeeping began if it never did. */
  silentFor(unit: number): number;
  /** Windows since a unit's first firing (or revival), from 0: how many units were at risk of death at that age, how many died. */
  ages(): { readonly atRisk: Float64Array; readonly died: Float64Array };
  /** Windows that dead spells lasted: those that ended in revival, and those that still go on. */
  spells(): { readonly ended: Float64Array; readonly ongoing: Float64Array };
  /** Sequences looked at so far. */
  observed(): number;
  save(): Record<string, NDArray>;
  load(state: Arrays): void;
}

/** Sequences with firings that bring a dead unit back: one could be a stray. */
const firingsToRevive = 2;
/** Spells and ages of at least so many windows are counted together. */
const longestSpell = 256;

/** A layer whose units have not been looked at yet: all born dead. */
export function createLife({ units, window, skip, alpha, grace }: LifeOptions): Life {
  const states = new Uint8Array(units);
  /** Everything else that is known of each unit, all integers. */
  const fields = {
    /** Sequence (from 1, after the skipped ones) and step of the last firing; 0 never. */
    last: new Int32Array(units),
    lastStep: new Int32Array(units),
    /** Sequences of the current window that hold the unit, and of its last window with any. */
    current: new Int32Array(units),
    reference: new Int32Array(units),
    silentWindows: new Int32Array(units),
    /** Once dead: sequences held since, windows since, and the last firing before. */
    stirred: new Int32Array(units),
    deadWindows: new Int32Array(units),
    died: new Int32Array(units),
    diedStep: new Int32Array(units),
    everDied: new Uint8Array(units),
    ended: new Float64Array(longestSpell),
    /** Windows since birth or revival; by that age, units at risk and deaths. */
    age: new Int32Array(units),
    agesAtRisk: new Float64Array(longestSpell),
    agesOfDeath: new Float64Array(longestSpell),
    /** Sequences skipped, looked at; windows closed. */
    progress: new Float64Array(3),
  };
  const { last, lastStep, current, reference, silentWindows, stirred, deadWindows, died, diedStep, everDied } = fields;
  const turnOff = Array.from({ length: window + 1 }, (_, before) => windowsToTurnOff(before, alpha / units));

  function close(): WindowReport {
    const census = new Float64Array(lifeStates.length);
    const transitions = new Float64Array(lifeStates.length ** 2);
    const turns: Turn[] = [];
    let atRisk = 0;
    const first = fields.progress[2]! === 0;
    fields.progress[2]!++;
    for (let i = 0; i < units; i++) {
      const before = states[i]!;
      const mayDie = before !== code.born_dead && before !== code.dead && !first;
      const after = current[i]! > 0 ? fired(i, before, turns) : silent(i, before, turns);
      states[i] = after;
      const age = Math.min(fields.age[i]!, longestSpell - 1);
      if (mayDie) {
        atRisk++;
        fields.agesAtRisk[age]!++;
        if (after === code.dead) fields.agesOfDeath[age]!++;
      }
      fields.age[i] = after === code.born_dead || after === code.dead ? 0 : age + 1;
      current[i] = 0;
      census[after]!++;
      if (!first) transitions[before * lifeStates.length + after]!++;
    }
    return { census, transitions, turns, atRisk };
  }

  function fired(i: number, before: number, turns: Turn[]): number {
    if (before === code.dead) {
      stirred[i]! += current[i]!;
      deadWindows[i]!++;
      if (stirred[i]! < firingsToRevive) return code.dead;
      fields.ended[Math.min(deadWindows[i]!, longestSpell - 1)]!++;
      const silentSequences = fields.progress[1]! - died[i]!;
      turns.push({ unit: i, kind: "revival", silentSequences, lastStep: diedStep[i]!, reference: reference[i]! });
    }
    reference[i] = current[i]!;
    silentWindows[i] = 0;
    if (everDied[i] === 1) return code.revived;
    return turnOff[current[i]!]! <= 1 ? code.alive : code.rare;
  }

  function silent(i: number, before: number, turns: Turn[]): number {
    if (last[i] === 0) return code.born_dead;
    if (before === code.dead) {
      deadWindows[i]!++;
      return code.dead;
    }
    silentWindows[i]!++;
    if (silentWindows[i]! < turnOff[reference[i]!]! + grace) return code.silent;
    everDied[i] = 1;
    stirred[i] = 0;
    deadWindows[i] = 0;
    died[i] = last[i]!;
    diedStep[i] = lastStep[i]!;
    const silentSequences = fields.progress[1]! - last[i]!;
    turns.push({ unit: i, kind: "death", silentSequences, lastStep: lastStep[i]!, reference: reference[i]! });
    return code.dead;
  }

  return {
    states,
    add: (perSequence, batch, step) => {
      const reports: WindowReport[] = [];
      let before = fields.progress[1]!; // sequences that `lastStep` is up to date with
      const catchUp = () => {
        for (let i = 0; i < units; i++) if (last[i]! > before) lastStep[i] = step;
        before = fields.progress[1]!;
      };
      for (let b = 0; b < batch; b++) {
        if (fields.progress[0]! < skip) {
          fields.progress[0]!++;
          continue;
        }
        const sequence = ++fields.progress[1]!;
        for (let i = 0, at = b * units; i < units; i++, at++) {
          const holds = -perSequence[at]! >> 31; // all ones where the count is above 0: a branch would be mispredicted
          current[i]! -= holds;
          last[i]! += (sequence - last[i]!) & holds;
        }
        if (sequence % window !== 0) continue;
        catchUp();
        reports.push(close());
      }
      catchUp();
      return reports;
    },
    ages: () => ({ atRisk: fields.agesAtRisk, died: fields.agesOfDeath }),
    silentFor: (unit) => fields.progress[1]! - last[unit]!,
    spells: () => {
      const ongoing = new Float64Array(longestSpell);
      for (let i = 0; i < units; i++) {
        if (states[i] === code.dead) ongoing[Math.min(deadWindows[i]!, longestSpell - 1)]!++;
      }
      return { ended: fields.ended, ongoing };
    },
    observed: () => fields.progress[1]!,
    save: () => {
      const all = { ...fields, states };
      return Object.fromEntries(Object.entries(all).map(([name, data]) => [name, { shape: [data.length], data }]));
    },
    load: (state) => {
      for (const [name, data] of Object.entries({ ...fields, states })) data.set(state[name]?.data ?? []);
    },
  };
}
