/** One line of the table. */
export interface WandbRow {
  readonly what: string;
  readonly measured: string;
  readonly target: string;
  /** Undefined where there is no target, or nothing could be measured. */
  readonly met: boolean | undefined;
}
