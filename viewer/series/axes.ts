/** What training goes along: optimizer steps, training tokens, wall clock. */
export const axes = ["step", "tokens", "time"] as const;
export type Axis = (typeof axes)[number];
