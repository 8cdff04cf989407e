// Where a webhook may go: the public internet over https, so that nobody makes this server ask what only it can reach.

import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { HaggleError } from "@haggle/abi";
import ipaddr from "ipaddr.js";

export type Address = { address: string; family: 4 | 6 };

/** All addresses of a name. */
export type Resolve = (hostname: string) => Promise<Address[]>;

/** An address that was looked at, and which addresses its name had then: the only ones that may be connected to. */
export type Target = { url: URL; addresses: Address[] };

type Policy = {
  resolve: Resolve /** Receivers on this machine, for trying out; http then too. */;
  allowLoopback: boolean;
};

export const MAX_URL_CHARACTERS = 2_048;
const RESOLVE_TIMEOUT_MS = 5_000;
/** IANA gives out global unicast addresses of IPv6 from this one block. */
const GLOBAL_UNICAST = ipaddr.parseCIDR("2000::/3");

export const systemResolve: Resolve = async (hostname) => {
  const found = await lookup(hostname, { all: true, verbatim: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
};

/**
 * @returns the target with the addresses of its name at this moment
 * @throws HaggleError SERVER_WEBHOOK_TARGET at `url`
 */
export async function checkTarget(text: string, { resolve, allowLoopback }: Policy): Promise<Target> {
  const url = parseTarget(text);
  // In brackets, when it is an address of IPv6.
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const family = isIP(host);
  const addresses =
    family === 0 ? await resolveInTime(resolve, host) : [{ address: host, family: family as 4 | 6 }];
  if (addresses.length === 0) refuseTarget("The name has no address", host);
  const isLoopback = addresses.every(({ address }) => rangeOf(address) === "loopback");
  if (isLoopback && allowLoopback) return { url, addresses };
  if (url.protocol !== "https:") refuseTarget("Not an address of https", url.protocol);
  // All of them: which one is taken is not ours to say.
  const inner = addresses.find(({ address }) => rangeOf(address) !== "unicast");
  if (inner !== undefined) refuseTarget("Not a public address", inner.address);
  return { url, addresses };
}

function parseTarget(text: string): URL {
  const url = text.length <= MAX_URL_CHARACTERS && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return refuseTarget("Not an absolute address", text);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    refuseTarget("Not an address of https", url.protocol);
  }
  if (url.username !== "" || url.password !== "")
    refuseTarget("An address with a user or a password", url.host);
  if (url.hash !== "") refuseTarget("An address with a fragment", url.hash);
  return url;
}

async function resolveInTime(resolve: Resolve, host: string): Promise<Address[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer in time")), RESOLVE_TIMEOUT_MS);
  });
  try {
    return await Promise.race([resolve(host), late]);
  } catch (cause) {
    return refuseTarget("The name cannot be resolved", host, cause);
  } finally {
    clearTimeout(timer);
  }
}

/** "unicast" for what anybody on the internet may be asked; what is not known is something else. */
function rangeOf(address: string): string {
  if (!ipaddr.isValid(address)) return "unknown";
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  if (parsed.kind() === "ipv6" && range === "unicast" && !parsed.match(GLOBAL_UNICAST)) return "reserved";
  return range;
}

function refuseTarget(message: string, value: string, cause?: unknown): never {
  throw new HaggleError("SERVER_WEBHOOK_TARGET", message, { at: "url", value, cause });
}
