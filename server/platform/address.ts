import { normalizeIP } from "@fastify/rate-limit";
import type { FastifyRequest } from "fastify";

/** Networks of IPv6 addresses: working one out costs more than the rest of a small request. */
const networks = new Map<string, string>();
const MAX_NETWORKS = 10_000;

/**
 * Whom limits count. Of IPv6 the network of 64 bits, which one household or machine has as a whole; an IPv4 address that is
 * mapped into IPv6 is itself. Behind a proxy everybody is the proxy, unless it is one of HAGGLE_TRUSTED_PROXIES.
 */
export function addressOf({ ip }: Pick<FastifyRequest, "ip">): string {
  if (!ip.includes(":")) return normalizeIP(ip);
  let network = networks.get(ip);
  if (network === undefined) {
    network = normalizeIP(ip);
    if (networks.size >= MAX_NETWORKS) networks.clear();
    networks.set(ip, network);
  }
  return network;
}
