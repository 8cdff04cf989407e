import type { HaggleContext } from "./haggle.ts";
import type { Session } from "./session.ts";

/**
 * Whom prices are for. The next one counts at once for the arm, and for all that is shown when the release of that arm is here: a page
 * sees one change, and no variants of the one with the release of the other.
 *
 * `hasServer`: one may draw the unit of who has none.
 */
export function createShopper(context: HaggleContext, session: Session, hasServer: boolean) {
  let next = context;
  let shown = { context, signed: session.signed };

  function isAnybody({ unit, bucket }: HaggleContext): boolean {
    return hasServer && unit === undefined && bucket === undefined;
  }

  function unitOf(who: HaggleContext, signed: Session["signed"]): string | undefined {
    return who.unit ?? (isAnybody(who) ? signed?.unit : undefined);
  }

  return {
    become(who: HaggleContext): void {
      next = who;
    },
    /** Whether the server says by which arm the next one is priced. */
    isAnybody: () => isAnybody(next),
    get nextUnit() {
      return unitOf(next, session.signed);
    },
    get nextBucket() {
      return next.bucket;
    },
    /** The release is his. Returns whether he is another than before. */
    show(): boolean {
      const before = shown;
      shown = { context: next, signed: session.signed };
      return before.context !== next || before.signed?.unit !== shown.signed?.unit;
    },
    get context() {
      return shown.context;
    },
    get unit() {
      return unitOf(shown.context, shown.signed);
    },
    /** With the newest token of the unit. */
    get signed() {
      return session.signed?.unit === shown.signed?.unit ? session.signed : shown.signed;
    },
  };
}
