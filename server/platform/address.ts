import { compile } from "@fastify/proxy-addr";
import { normalizeIP } from "@fastify/rate-limit";
import type { FastifyRequest } from "fastify";

/** Addresses whose meaning is remembered; then all are forgotten. */
const MAX_REMEMBERED = 10_000;

/** Networks of IPv6 addresses: working one out costs more than the rest of a small request. */
const networks = new Map<string, string>();

/**
 * Whom limits count. Of IPv6 the network of 64 bits, which one household or machine has as a whole; an IPv4 address that is
 * mapped into IPv6 is itself. Behind a proxy everybody is the proxy, unless it is one of HAGGLE_TRUSTED_PROXIES.
 */
export function addressOf({ ip }: Pick<FastifyRequest, "ip">): string {
  // No IPv6 address, which the library would find out by an expression of a thousand characters.
  if (!ip.includes(":")) return ip.toLowerCase();
  let network = networks.get(ip);
  if (network === undefined) {
    network = normalizeIP(ip);
    if (networks.size >= MAX_REMEMBERED) networks.clear();
    networks.set(ip, network);
  }
  return network;
}

/**
 * Who of those that pass a request on is believed (Fastify's `trustProxy`). What is thought of whoever holds the connection is
 * remembered, since it is one of a few proxies each time; addresses further back are what somebody wrote into a header.
 */
export function trustOf(proxies: readonly string[]): (address: string, hop: number) => boolean {
  const trusts = compile([...proxies]);
  const holders = new Map<string, boolean>();
  return (address, hop) => {
    if (hop > 0) return trusts(address, hop);
    let isTrusted = holders.get(address);
    if (isTrusted === undefined) {
      isTrusted = trusts(address, hop);
      if (holders.size >= MAX_REMEMBERED) holders.clear();
      holders.set(address, isTrusted);
    }
    return isTrusted;
  };
}
