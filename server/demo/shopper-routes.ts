// The other side of a rollout, for who looks at the demo: his browser becomes another shopper, one whom the rollout has put there.
// Which release that is follows as for anybody; no release is chosen. Not there in production.

import cookie from "@fastify/cookie";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { refuse } from "@haggle/abi";
import { bucketOf, findArm } from "@haggle/sdk";
import { ShopperBody, ShopperShown } from "../modules/storefront/till-schema.ts";
import type { Services } from "../services.ts";

/** A side with one shopper of a hundred is found at once, one with a single bucket of ten thousand nearly always. */
const MAX_DRAWS = 100_000;

export function shopperRoutes({
  releases,
  rolloutTokens,
  units,
}: Pick<Services, "releases" | "rolloutTokens" | "units">): FastifyPluginAsyncTypebox {
  /** @throws HaggleError SERVER_NO_RELEASE; SERVER_OVERRIDE_OUTSIDE where there is no such side */
  function drawOn(arm: ShopperBody["arm"]): string {
    const channel = releases.find(releases.name)?.channel;
    if (channel === undefined) throw refuse("SERVER_NO_RELEASE", "channel", releases.name);
    const [first] = channel.arms;
    for (let draws = 0; channel.arms.length > 1 && draws < MAX_DRAWS; draws += 1) {
      const unit = rolloutTokens.drawUnit();
      const release = findArm(channel, bucketOf(first!.seed, unit));
      if ((release === first!.release) === (arm === "stable")) return unit;
    }
    throw refuse("SERVER_OVERRIDE_OUTSIDE", "arm", arm);
  }

  return async (app) => {
    await app.register(cookie);
    app.post(
      "/demo/shoppers",
      {
        config: { scope: "evaluate" },
        schema: { hide: true, body: ShopperBody, response: { 200: ShopperShown } },
      },
      async (request, reply) => {
        reply.header("cache-control", "no-store");
        const unit = drawOn(request.body.arm);
        units.remember(unit, request, reply);
        return { unit };
      },
    );
  };
}
