import type { Account } from "../login/account.ts";

/** What the training process tells its streaming process. */
export type ToLive =
  | { readonly type: "start"; readonly log: string; readonly account: Account; readonly resumed: boolean }
  /** Send what is under way and end. */
  | { readonly type: "stop" };

/** What the streaming process tells back. */
export type FromLive =
  | { readonly type: "run"; readonly entity: string; readonly project: string; readonly id: string }
  /** `goesOn`: it tries again by itself. */
  | { readonly type: "warning"; readonly message: string; readonly goesOn: boolean }
  /** W&B's page asks the run to stop. */
  | { readonly type: "stop-asked" }
  | { readonly type: "stopped" };
