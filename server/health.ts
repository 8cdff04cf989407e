import type { Health } from "./platform/health.ts";
import { ONLINE_ROLES } from "./platform/online-keys.ts";
import type { Services } from "./services.ts";

type Signs = { isDraining: () => boolean; isDatabaseLost: () => boolean };

/** What `/readyz` tells: what keeps this server from answering, and what somebody should look at. */
export function createHealthCheck(services: Services, { isDraining, isDatabaseLost }: Signs): () => Health {
  const { releases, heads, renewal, rollouts, strategies, prices, quotes, cdn, dispatcher, keys } = services;
  const { redis, stockGate } = services;
  return () => {
    const live = releases.find();
    const refusal = releases.findRefusal();
    const blocking: string[] = [];
    if (isDraining()) blocking.push("SERVER_DRAINING");
    if (live === undefined) blocking.push("SERVER_NO_RELEASE", ...(refusal ? [refusal.code] : []));
    const warnings: string[] = live && refusal ? [refusal.code] : [];
    for (const channel of releases.listChannels()) {
      const refused = channel === releases.name ? undefined : releases.findRefusal(channel);
      if (refused !== undefined) warnings.push(refused.code);
      if (releases.find(channel)?.withdrawn) warnings.push("ENGINE_RELEASE_OFF");
      if (releases.isExpired(channel)) warnings.push("SERVER_RELEASE_EXPIRED");
    }
    if (heads.isBroken()) warnings.push("SERVER_AUDIT_BROKEN");
    if (renewal.isLate()) warnings.push("SERVER_RELEASE_EXPIRING");
    if (rollouts.isBlocked()) warnings.push("SERVER_ROLLOUT_BLOCKED");
    warnings.push(...strategies.listWarnings());
    const isKeyMissing = renewal.isKeyMissing() || prices.isKeyMissing() || quotes.isKeyMissing();
    if (isKeyMissing) warnings.push("SERVER_KEY_MISSING");
    if (cdn?.isLate()) warnings.push("SERVER_CDN_LATE");
    if (isDatabaseLost()) warnings.push("SERVER_DATABASE");
    if (dispatcher.isKeyForeign()) warnings.push("SERVER_SECRET_KEY");
    const trusted = releases.findTrusted();
    warnings.push(...keys.findWarnings(trusted));
    const states = ONLINE_ROLES.map((role) => [role, keys.stateOf(role, trusted)]);
    const channels = releases.listChannels().flatMap((name) => {
      const found = releases.find(name);
      if (found === undefined) return [];
      const { version, expires } = found;
      return [[name, { version, expires, renewal: renewal.stateOf(found) }] as const];
    });
    const all = Object.fromEntries(channels);
    const details = {
      ...(live && { channel: all[releases.name] }),
      channels: all,
      keys: Object.fromEntries(states),
      // For information: the database decides without it.
      ...(redis && {
        redis: {
          connection: redis.isReady() ? "ready" : "away",
          stockGate: stockGate?.isOpen() ? "passed" : "asked",
        },
      }),
    };
    return { blocking, warnings: [...new Set(warnings)], details };
  };
}
