import { findUnknownFields, HaggleError } from "@haggle/abi";
import type { Decision } from "@haggle/sdk";
import type { Releases } from "../releases/service.ts";

export type Evaluations = ReturnType<typeof createEvaluations>;

/** Prices carts with the live release. A decision told here is a preview like any other: nothing stands by it. */
export function createEvaluations({ releases }: { releases: Releases }) {
  return {
    /**
     * @throws HaggleError SERVER_NO_RELEASE before the first release; CART_UNKNOWN_FIELD for a field that the engine
     * would leave unread, which a checkout must not find out by its total
     */
    evaluate(cart: unknown): Decision {
      const live = releases.find();
      if (live === undefined) throw new HaggleError("SERVER_NO_RELEASE", "No release has been accepted yet");
      const [unknown] = findUnknownFields(cart);
      if (unknown !== undefined)
        throw new HaggleError("CART_UNKNOWN_FIELD", "no such field", { at: unknown });
      return live.engine.evaluate(cart);
    },
  };
}
