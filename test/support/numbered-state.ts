import type { TrustState } from "@haggle/sdk/trust";

/** A state of which every part is long enough to be torn and tells which one it belongs to. */
export function stateNumber(number: number): TrustState {
  const part = (length: number) => new Uint8Array(length).fill(number % 251);
  return {
    roots: [part(900), part(950)],
    channel: part(700),
    release: part(200_000),
    bundle: part(40_000 + (number % 7)),
    ...(number % 2 === 0 && { prices: part(5_000) }),
  };
}
