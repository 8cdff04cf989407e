// A hand that types quantities into a cart, and what encoding the cart anew costs at each stroke: the whole of it, or what
// has changed.

import {
  CART,
  type CartEncoder,
  createEncoder,
  createSymbols,
  encodeCart,
  MEMORY_BYTES,
  parseEnvelope,
  parseMetadata,
  parseRelease,
} from "@haggle/abi";
import { type Cart, verifyProfile } from "@haggle/sdk";
import { readTable } from "../../sdk/src/table.ts";
import { generateCart } from "../support/carts.ts";
import { type Plan, type Rounds, timeRounds } from "./sdk-rounds.ts";

/** One line has another quantity, and the cart is what it then is. */
export type Stroke = { cart: Cart; line: string; quantity: number };

/** Types into one line after the other, and takes it back: behind the last stroke the first one can follow again. */
export function makeStrokes(cart: Cart): Stroke[] {
  return cart.lines.flatMap((line, at) =>
    [{ ...line, quantity: line.quantity + 1 }, line].map((typed) => ({
      cart: { ...cart, lines: cart.lines.with(at, typed) },
      line: line.id,
      quantity: typed.quantity,
    })),
  );
}

/** Whole cart and changed line; their words in memory are compared first. */
export async function timeEncoders(
  bundle: Uint8Array,
  release: Uint8Array,
  lines: number,
  plan: Plan,
): Promise<Rounds> {
  const signed = parseRelease(parseEnvelope(release, "release").payload);
  const metadata = parseMetadata(verifyProfile(bundle).metadata);
  const symbols = createSymbols([...metadata.symbols, ...signed.table.symbols]);
  const { reads } = readTable(signed, symbols);
  const strokes = makeStrokes(generateCart(1, lines));
  const encoders: [subject: string, encode: CartEncoder][] = [
    ["whole cart", encodeCart],
    ["one changed line", createEncoder()],
  ];
  const memories = encoders.map(() => new Int32Array(MEMORY_BYTES / 4));
  const encode = (i: number, { cart }: Stroke) =>
    encoders[i]![1](cart, memories[i]!, symbols, reads, signed.policy.lines);
  for (const stroke of strokes) {
    const { length } = encode(0, stroke);
    const words = (memory: Int32Array) => memory.subarray(CART >> 2, (CART + length) >> 2).join();
    if (encode(1, stroke).length !== length || words(memories[0]!) !== words(memories[1]!)) {
      throw new Error(`the encoders differ when ${stroke.line} has ${stroke.quantity}`);
    }
  }
  const subjects = encoders.map(([name], i) => ({ name, run: (stroke: Stroke) => encode(i, stroke).length }));
  return timeRounds(subjects, strokes, plan);
}
