// What the page of the conflict view and the half of it that lives in VS Code say to each other.

import type { Conflict, ConflictReport } from "./conflicts.ts";
import type { Fault } from "./price.ts";

export type ToConflictPage =
  /** A check began; what was shown before stays until it is over. */
  | { kind: "checking"; project: string; done: number; of: number }
  | { kind: "report"; project: string; report: ConflictReport }
  /** The check ended without a report: somebody stopped it, or nobody answered. */
  | { kind: "ended"; message?: string };

export type FromConflictPage =
  | { kind: "ready" }
  | { kind: "check" | "stop" }
  | { kind: "goToPromotion"; promotion: string }
  | { kind: "goToFault"; fault: Fault }
  | { kind: "openCart"; finding: Conflict };
