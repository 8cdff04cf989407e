import { HaggleError, refuse } from "@haggle/abi";
import {
  type Allocation,
  allocate,
  type Destination,
  type Line,
  type Shortage,
  type Store,
} from "./allocate.ts";
import type { Holder, Rations, Share } from "./rations.ts";

export type ReservationState = "held" | "confirmed" | "released" | "expired";

export type Reservation = {
  order: string;
  attempt: number;
  state: ReservationState;
  claim: string | null;
  /** In the order of skus. All pieces of a sku are what its line asked for. */
  allocations: Allocation[];
  /** What of a ration goes into it. */
  share: Share | null;
  /** Epoch ms, as all times here. */
  expiresAt: number;
  createdAt: number;
  updatedAt: number;
};

type Named = { order: string; attempt: number };

export type Reserve = Named & {
  verb: "reserve";
  /** Each sku once, in their order. */
  lines: Line[];
  ttlMs: number;
  destination?: Destination | undefined;
  /** Whose share of a ration it is, for skus of which nobody gets any without. */
  holder?: Holder | undefined;
  /** Of this call alone: by it what is reserved too late is known again. */
  claim: string;
};

export type Operation =
  | Reserve
  | (Named & { verb: "confirm"; actor: string })
  | (Named & { verb: "release" })
  | (Named & { verb: "extend"; ttlMs: number })
  /** What a call reserved whose caller was told that it was too late; of no other call. */
  | (Named & { verb: "giveBack"; claim: string })
  | (Named & { verb: "expire" });

export type Done = { reservation: Reservation; isRepeat: boolean };

export type Decision = {
  /** The reservation as it is from now on, where that is another one. */
  next?: Reservation;
  /** What the caller hears. A refusal may change something too: what it finds expired it puts back on sale. */
  outcome: Done | HaggleError;
};

/** An order of which something is missing, and how much there is. By its list, as every room has a class of its own. */
export class ShortOfStock extends HaggleError {
  readonly short: readonly Shortage[];

  constructor(short: readonly Shortage[], location: string | undefined) {
    const [first] = short as [Shortage];
    super("INVENTORY_SHORT", "INVENTORY_SHORT", { at: location ?? first.sku, value: first.available });
    this.short = short;
  }

  static override [Symbol.hasInstance](value: unknown): value is ShortOfStock {
    return value instanceof Error && "short" in value;
  }
}

type Scene = Store & { found: Reservation | undefined; rations: Rations; now: number };

/** What reservations take from. */
type Stock = Pick<Scene, "shelves" | "rations">;

/**
 * What becomes of an order, of which `found` is known and locked, and changes shelves and rations accordingly. A reservation leaves
 * the state `held` once: what comes after that changes nothing.
 */
export function decide(operation: Operation, scene: Scene): Decision {
  if (operation.verb === "reserve") return decideReserve(operation, scene);
  const { found, now } = scene;
  if (found === undefined)
    return { outcome: refuse("INVENTORY_UNKNOWN_RESERVATION", "order", operation.order) };
  if (found.attempt !== operation.attempt)
    return { outcome: refuse("INVENTORY_ATTEMPT", "attempt", found.attempt) };
  const isDue = found.state === "held" && found.expiresAt <= now;
  switch (operation.verb) {
    case "giveBack":
      if (found.state !== "held" || found.claim !== operation.claim) return unchanged(found);
      return leaveHeld(found, "released", scene);
    case "expire":
      return isDue ? leaveHeld(found, "expired", scene) : unchanged(found);
    case "release":
      if (found.state === "confirmed") return { outcome: refuse("INVENTORY_STATE", "state", found.state) };
      if (found.state !== "held") return unchanged(found);
      return leaveHeld(found, "released", scene);
    case "confirm":
      if (found.state === "confirmed") return unchanged(found);
      return isDue || found.state !== "held"
        ? refuseOver(found, scene)
        : leaveHeld(found, "confirmed", scene);
    case "extend": {
      if (isDue || found.state !== "held") return refuseOver(found, scene);
      const expiresAt = now + operation.ttlMs;
      if (expiresAt <= found.expiresAt) return unchanged(found);
      return changed({ ...found, expiresAt, updatedAt: now });
    }
  }
}

function decideReserve(operation: Reserve, scene: Scene): Decision {
  const { found, rations, now } = scene;
  const { order, attempt, lines, ttlMs, destination, holder, claim } = operation;
  if (found !== undefined && found.attempt >= attempt) return decideRepeat(operation, found, scene);
  if (found?.state === "confirmed") return { outcome: refuse("INVENTORY_STATE", "state", found.state) };

  // Of an order whose last attempt still holds something the new one takes the place of it: in one step, so that nobody is
  // kept from his goods by himself, and nobody else comes between. Where the new one is refused the old one stays.
  if (found?.state === "held") putBack(found, scene);
  const share = rations.share(lines, holder, now) ?? null;
  const allocated = share instanceof HaggleError ? share : allocateAll(lines, scene, destination);
  if (share instanceof HaggleError || allocated instanceof HaggleError) {
    if (found?.state === "held") take(found, scene);
    return { outcome: allocated as HaggleError };
  }
  take({ allocations: allocated, share }, scene);
  return changed({
    order,
    attempt,
    state: "held",
    claim,
    allocations: allocated,
    share,
    expiresAt: now + ttlMs,
    createdAt: found?.createdAt ?? now,
    updatedAt: now,
  });
}

/** Pieces for all lines, or which of them are short. */
function allocateAll(
  lines: readonly Line[],
  store: Store,
  destination: Destination | undefined,
): Allocation[] | ShortOfStock {
  const allocated = allocate(lines, store, destination);
  return "short" in allocated ? new ShortOfStock(allocated.short, allocated.location) : allocated.allocations;
}

/** Of an attempt that came before, or comes too late. */
function decideRepeat({ attempt, lines, claim }: Reserve, found: Reservation, scene: Scene): Decision {
  const { now } = scene;
  if (found.attempt > attempt) return { outcome: refuse("INVENTORY_ATTEMPT", "attempt", found.attempt) };
  if (!isSame(linesOf(found), lines)) return { outcome: refuse("INVENTORY_OTHER_LINES", "lines", attempt) };
  if (found.state === "confirmed") return unchanged(found);
  if (found.state !== "held" || found.expiresAt <= now) return refuseOver(found, scene);
  // The same call, whose transaction is done again because nobody knew what came of it.
  if (found.claim === claim) return { outcome: { reservation: found, isRepeat: false } };
  // Now somebody knows of it, and no call that was too late may give it back any more.
  if (found.claim === null) return unchanged(found);
  const next = { ...found, claim: null, updatedAt: now };
  return { next, outcome: { reservation: next, isRepeat: true } };
}

/** What is over is not done; what should have been over already is put back on sale. */
function refuseOver(found: Reservation, scene: Scene): Decision {
  const isEnded = found.state === "released" || found.state === "confirmed";
  if (isEnded) return { outcome: refuse("INVENTORY_STATE", "state", found.state) };
  const outcome = refuse("INVENTORY_EXPIRED", "attempt", found.attempt);
  if (found.state !== "held") return { outcome };
  return { ...leaveHeld(found, "expired", scene), outcome };
}

function leaveHeld(
  found: Reservation,
  state: Exclude<ReservationState, "held">,
  { shelves, rations, now }: Stock & { now: number },
): Decision {
  if (state === "confirmed") {
    // What was bought of a ration stays used.
    for (const { sku, location, quantity } of found.allocations) {
      shelves.release(sku, location, quantity, true);
    }
  } else putBack(found, { shelves, rations });
  return changed({ ...found, state, updatedAt: now });
}

type Taken = Pick<Reservation, "allocations" | "share">;

function take({ allocations, share }: Taken, { shelves, rations }: Stock): void {
  rations.take(share);
  for (const { sku, location, quantity } of allocations) {
    shelves.reserve(sku, location, quantity);
  }
}

function putBack({ allocations, share }: Taken, { shelves, rations }: Stock): void {
  rations.giveBack(share);
  for (const { sku, location, quantity } of allocations) {
    shelves.release(sku, location, quantity, false);
  }
}

function changed(next: Reservation): Decision {
  return { next, outcome: { reservation: next, isRepeat: false } };
}

function unchanged(reservation: Reservation): Decision {
  return { outcome: { reservation, isRepeat: true } };
}

/** What an order asked for, each sku once, in their order. */
export function linesOf({ allocations }: Pick<Reservation, "allocations">): Line[] {
  const lines: Line[] = [];
  for (const { sku, quantity } of allocations) {
    const last = lines.at(-1);
    if (last?.sku === sku) last.quantity += quantity;
    else lines.push({ sku, quantity });
  }
  return lines;
}

function isSame(a: readonly Line[], b: readonly Line[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ sku, quantity }, i) => sku === b[i]!.sku && quantity === b[i]!.quantity)
  );
}
