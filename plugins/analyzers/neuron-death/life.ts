/** The states of one layer's units, by what they did in windows of training sequences. */
import type { Arrays, NDArray } from "../../../core/arrays/ndarray.ts";
import { sequencesInWord } from "./holding.ts";
import { createHorizon } from "./horizon.ts";
import { prefixed, under } from "./keys.ts";

/**
 * - born_dead: never fired since bookkeeping began; alive: fired in the last window;
 * - silent: did not fire in the last window; dormant: nor in the one before, and yet may well come back;
 * - dead: silent for the layer's horizon (horizon.ts), so that few such units come back; revived: fires again after death.
 */
export const lifeStates = ["born_dead", "alive", "silent", "dormant", "dead", "revived"] as const;
export type LifeState = (typeof lifeStates)[number];
const code = Object.fromEntries(lifeStates.map((state, i) => [state, i])) as Record<LifeState, number>;

/** How states are judged. */
export interface LifeOptions {
  readonly units: number;
  /** Sequences in a window. */
  readonly window: number;
  /** Sequences at the start of training that are not looked at. */
  readonly skip: number;
  /** Units silent for a horizon that may fire within another and still be called dead. */
  readonly share: number;
}

/** A unit that was silent for a whole window, that was found dead, or that came back. */
export interface Turn {
  readonly unit: number;
  readonly kind: "silence" | "death" | "revival";
  /** Sequences since the unit last fired (silence, death) or between its last firing before death and now (revival). */
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
  /** Units that could have died in this window: alive, silent, dormant or revived at its start. */
  readonly atRisk: number;
}

/** Follows one layer. Only the stream of sequences matters, not how it was cut into batches. */
export interface Life {
  /** Takes a batch, bits `[words d_mlp]` as `holdingOf` makes them; returns a report for each window that it closed. */
  add(holding: Int32Array, batch: number, step: number): WindowReport[];
  /** State of each unit, an index into `lifeStates`. */
  readonly states: Uint8Array;
  /** Sequences since each unit last fired; since bookkeeping began if it never did. */
  silentFor(unit: number): number;
  /** Windows since a unit's first firing (or revival), from 0: how many units were at risk of death at that age, how many died. */
  ages(): { readonly atRisk: Float64Array; readonly died: Float64Array };
  /** Windows that dead spells lasted: those that ended in revival, and those that still go on. */
  spells(): { readonly ended: Float64Array; readonly ongoing: Float64Array };
  /** The layer's horizon in windows; undefined where none was reached: then no death is called. */
  horizon(): number | undefined;
  /** Of units silent for so many windows (`horizons`), those that fired within as many again. */
  returns(): Float64Array;
  /** Windows closed so far. */
  windows(): number;
  /** Sequences looked at so far. */
  observed(): number;
  save(): Record<string, NDArray>;
  load(state: Arrays): void;
}

/** Sequences with firings that bring a dead unit back: one could be a stray. */
const firingsToRevive = 2;
/** Spells and ages of at least so many windows are counted together. */
const longestSpell = 256;

/** Bits that are set in each word. */
const ones = new Uint8Array(2 ** sequencesInWord);
for (let bits = 1; bits < ones.length; bits++) ones[bits] = ones[bits >> 1]! + (bits & 1);

/** The first `count` bits of a word, all of them where it has fewer. */
function bitsBelow(count: number): number {
  return 2 ** Math.min(Math.max(count, 0), sequencesInWord) - 1;
}

/** A layer whose units have not been looked at yet: all born dead. */
export function createLife({ units, window, skip, share }: LifeOptions): Life {
  const horizon = createHorizon(units, share);
  let length: number | undefined;
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

  function close(): WindowReport {
    const census = new Float64Array(lifeStates.length);
    const transitions = new Float64Array(lifeStates.length ** 2);
    const turns: Turn[] = [];
    let atRisk = 0;
    const first = fields.progress[2]! === 0;
    length = horizon.length();
    fields.progress[2]!++;
    const { age: ages, agesAtRisk } = fields;
    let [steady, unborn] = [0, 0]; // of most units nothing changes
    for (let i = 0; i < units; i++) {
      const before = states[i]!;
      if (before === code.alive && current[i]! > 0 && !first) {
        const age = Math.min(ages[i]!, longestSpell - 1);
        reference[i] = current[i]!;
        current[i] = 0;
        agesAtRisk[age]!++;
        ages[i] = age + 1;
        steady++;
        continue;
      }
      if (before === code.born_dead && current[i] === 0) {
        unborn++;
        continue;
      }
      const mayDie = before !== code.born_dead && before !== code.dead && !first;
      const after = current[i]! > 0 ? fired(i, before, turns) : silent(i, before, turns);
      states[i] = after;
      const age = Math.min(ages[i]!, longestSpell - 1);
      if (mayDie) {
        atRisk++;
        agesAtRisk[age]!++;
        if (after === code.dead) fields.agesOfDeath[age]!++;
      }
      ages[i] = after === code.born_dead || after === code.dead ? 0 : age + 1;
      current[i] = 0;
      census[after]!++;
      if (!first) transitions[before * lifeStates.length + after]!++;
    }
    census[code.alive]! += steady;
    census[code.born_dead]! += unborn;
    if (!first) {
      transitions[code.alive * lifeStates.length + code.alive]! += steady;
      transitions[code.born_dead * lifeStates.length + code.born_dead]! += unborn;
    }
    return { census, transitions, turns, atRisk: atRisk + steady };
  }

  function fired(i: number, before: number, turns: Turn[]): number {
    if (silentWindows[i]! > 0) horizon.fired(i, silentWindows[i]!);
    silentWindows[i] = 0;
    if (before === code.dead) {
      stirred[i]! += current[i]!;
      deadWindows[i]!++;
      if (stirred[i]! < firingsToRevive) return code.dead;
      fields.ended[Math.min(deadWindows[i]!, longestSpell - 1)]!++;
      const silentSequences = fields.progress[1]! - died[i]!;
      turns.push({ unit: i, kind: "revival", silentSequences, lastStep: diedStep[i]!, reference: reference[i]! });
    }
    reference[i] = current[i]!;
    return everDied[i] === 1 ? code.revived : code.alive;
  }

  function silent(i: number, before: number, turns: Turn[]): number {
    if (last[i] === 0) return code.born_dead;
    silentWindows[i]!++;
    horizon.silent(i, silentWindows[i]!);
    if (before === code.dead) {
      deadWindows[i]!++;
      return code.dead;
    }
    const silentSequences = fields.progress[1]! - last[i]!;
    const turn = { unit: i, silentSequences, lastStep: lastStep[i]!, reference: reference[i]! };
    if (silentWindows[i] === 1) turns.push({ ...turn, kind: "silence" });
    if (length === undefined || silentWindows[i]! < length) return silentWindows[i] === 1 ? code.silent : code.dormant;
    everDied[i] = 1;
    stirred[i] = 0;
    deadWindows[i] = 0;
    died[i] = last[i]!;
    diedStep[i] = lastStep[i]!;
    turns.push({ ...turn, kind: "death" });
    return code.dead;
  }

  /** Takes sequences `from` to `to` of a batch, all of one window. */
  function take(holding: Int32Array, from: number, to: number, step: number): void {
    const before = fields.progress[1]! - from; // sequences before the batch
    const maskOf = (word: number) => bitsBelow(to - word * sequencesInWord) & ~bitsBelow(from - word * sequencesInWord);
    // Two words in one of 32 bits, and masks for branches, which would be mispredicted for every other unit.
    for (let word = Math.floor(from / sequencesInWord); word * sequencesInWord < to; word += 2) {
      const [lowMask, highMask] = [maskOf(word), maskOf(word + 1)];
      const above = highMask === 0 ? 0 : units; // there may be no such word
      const end = before + word * sequencesInWord + 32;
      for (let i = 0, at = word * units; i < units; i++, at++) {
        const low = holding[at]! & lowMask;
        const high = holding[at + above]! & highMask;
        const bits = low | (high << sequencesInWord);
        const any = (bits | -bits) >> 31; // all ones where any is set
        current[i]! += ones[low]! + ones[high]!;
        last[i] = (last[i]! & ~any) | ((end - Math.clz32(bits)) & any);
        lastStep[i] = (lastStep[i]! & ~any) | (step & any);
      }
    }
  }

  return {
    states,
    add: (holding, batch, step) => {
      const skipped = Math.min(batch, Math.max(0, skip - fields.progress[0]!));
      fields.progress[0]! += skipped;
      const reports: WindowReport[] = [];
      for (let from = skipped; from < batch; ) {
        const left = window - (fields.progress[1]! % window);
        const to = Math.min(batch, from + left);
        take(holding, from, to, step);
        fields.progress[1]! += to - from;
        if (to - from === left) reports.push(close());
        from = to;
      }
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
    horizon: () => length,
    returns: horizon.returns,
    windows: () => fields.progress[2]!,
    observed: () => fields.progress[1]!,
    save: () => {
      const all = { ...fields, states };
      const own = Object.entries(all).map(([name, data]): [string, NDArray] => [name, { shape: [data.length], data }]);
      return { ...Object.fromEntries(own), ...prefixed("horizon", horizon.save()) };
    },
    load: (state) => {
      horizon.load(under("horizon", state));
      length = horizon.length();
      for (const [name, data] of Object.entries({ ...fields, states })) data.set(state[name]?.data ?? []);
    },
  };
}
