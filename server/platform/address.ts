import { normalizeIP } from "@fastify/rate-limit";
import type { FastifyRequest } from "fastify";

/**
 * Whom limits count. Of IPv6 the network of 64 bits, which one household or machine has as a whole; an IPv4 address that is
 * mapped into IPv6 is itself. Behind a proxy everybody is the proxy, unless it is one of HAGGLE_TRUSTED_PROXIES.
 */
export function addressOf({ ip }: Pick<FastifyRequest, "ip">): string {
  return normalizeIP(ip);
}
