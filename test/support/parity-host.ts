// Prices the carts of the parity proof. Bundled by esbuild for browsers, imported as it is in Node: the same sources in
// every host, so that what differs is the host.

import type { Cart } from "@haggle/sdk";
import { createEngine } from "@haggle/sdk";
import { generateCart } from "./carts.ts";

/** Base64, as it crosses in JSON; each release prices the first `carts` carts. */
export type ParityInput = { bundle: string; root: string; releases: { bytes: string; carts: number }[] };

/**
 * One line of text for each release and cart: the decision's raw bytes, its fuel, its digest and its JSON. Two hosts
 * agree when their texts are equal.
 */
export async function priceCarts(input: ParityInput): Promise<string[]> {
  const lines: string[] = [];
  for (const { bytes: release, carts } of input.releases) {
    const engine = await createEngine({
      bundle: bytesOf(input.bundle),
      release: bytesOf(release),
      root: bytesOf(input.root),
      server: true,
    });
    for (let i = 0; i < carts; i++) {
      const cart = parityCart(i);
      const decision = engine.evaluate(cart);
      if (!decision.ok) throw new Error(`cart ${i}: ${decision.error.code} ${decision.error.message}`);
      const { bytes, fuelUsed, digest } = decision;
      lines.push(`${hexOf(bytes)} ${fuelUsed} ${digest} ${JSON.stringify(decision)}`);
    }
  }
  return lines;
}

/** Mostly carts at hand; some large ones, some with amounts near 2^53, some whose lines are priced as one. */
function parityCart(i: number): Cart {
  if (i % 50 === 49) return generateCart(i, 100);
  const cart = generateCart(i);
  if (i % 10 === 3) {
    const lines = cart.lines.map((line) => ({ ...line, unitPrice: line.unitPrice * 1_000_000_007 }));
    return { ...cart, lines };
  }
  if (i % 10 === 7) {
    const again = cart.lines.map((line, k) => ({ ...line, id: `again-${k}`, quantity: k + 1 }));
    return { ...cart, lines: [...again, ...cart.lines] };
  }
  return cart;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function hexOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}
