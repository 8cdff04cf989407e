// Extism: the very same compiled rules as a plugin. An adapter pulls the encoded cart through extism's host functions,
// as plugins do, and gives the decision's bytes back; both are encoded and decoded by our own code.

import createPlugin, { type Plugin } from "@extism/extism";
import {
  CANDIDATES,
  CART,
  CONTROL,
  CONTROL_CANDIDATE_COUNT,
  DECISION,
  MEMORY_BYTES,
  MEMORY_PAGES,
  TABLE,
  TABLE_COUNT,
} from "@haggle/abi";
import type { Cart } from "@haggle/sdk";
import type { PricedDecision } from "../../../sdk/src/decision.ts";
import { compileWat } from "../../support/wat.ts";
import { type BenchShop, sdk } from "../shop.ts";
import { readShares, type Subject } from "../subject.ts";
import { mergeModules } from "../wasm-merge.ts";

const ADAPTER = `(module
  (import "engine" "memory" (memory ${MEMORY_PAGES} ${MEMORY_PAGES}))
  (import "engine" "evaluate" (func $evaluate (result i32)))
  (import "extism:host/env" "input_length" (func $inputLength (result i64)))
  (import "extism:host/env" "input_load_u64" (func $inputLoad (param i64) (result i64)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u64" (func $store (param i64 i64)))
  (import "extism:host/env" "output_set" (func $outputSet (param i64 i64)))
  (func $read (param $to i32) (local $at i64) (local $length i64)
    (local.set $length (call $inputLength))
    (loop $next
      (i64.store (i32.add (local.get $to) (i32.wrap_i64 (local.get $at))) (call $inputLoad (local.get $at)))
      (local.set $at (i64.add (local.get $at) (i64.const 8)))
      (br_if $next (i64.lt_u (local.get $at) (local.get $length)))))
  (func (export "setup") (result i32) (local $i i32) (local $count i32)
    (call $read (i32.const ${TABLE}))
    (local.set $count (i32.load (i32.const ${TABLE + TABLE_COUNT})))
    (i32.store (i32.const ${CONTROL + CONTROL_CANDIDATE_COUNT}) (local.get $count))
    (loop $next
      (i32.store (i32.add (i32.const ${CANDIDATES}) (i32.shl (local.get $i) (i32.const 2))) (local.get $i))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $count))))
    (i32.const 0))
  (func (export "price") (result i32) (local $at i64) (local $length i64) (local $block i64)
    (call $read (i32.const ${CART}))
    (local.set $length (i64.extend_i32_u (call $evaluate)))
    (local.set $block (call $alloc (local.get $length)))
    (loop $next
      (call $store (i64.add (local.get $block) (local.get $at))
        (i64.load (i32.add (i32.const ${DECISION}) (i32.wrap_i64 (local.get $at)))))
      (local.set $at (i64.add (local.get $at) (i64.const 8)))
      (br_if $next (i64.lt_u (local.get $at) (local.get $length))))
    (call $outputSet (local.get $block) (local.get $length))
    (i32.const 0)))`;

/** A plugin keeps the blocks of its calls until it is told to forget them. */
const CALLS_PER_RESET = 64;

export async function extism(shop: BenchShop): Promise<Subject> {
  const { engine, symbols, unmetered, table } = shop;
  const data = await mergeModules([
    ["engine", unmetered],
    ["adapter", await compileWat(ADAPTER)],
  ]);
  const plugin: Plugin = await createPlugin({ wasm: [{ data }] }, { useWasi: false });
  await plugin.call("setup", padded(new Uint8Array(table.words.buffer)));
  const memory = new Int32Array(MEMORY_BYTES / 4);
  const bytes = new Uint8Array(memory.buffer);
  const { promotions, policy } = engine;
  const context = { release: "", bundle: "", promotions, policy, symbols, wantsLists: false };
  const candidates = [...promotions.keys()];
  let calls = 0;

  async function price(cart: Cart): Promise<PricedDecision> {
    if (++calls % CALLS_PER_RESET === 0) await plugin.reset();
    const encoded = sdk.encodeCart(cart, memory, symbols, table.reads);
    const output = await plugin.call("price", padded(bytes.subarray(CART, CART + encoded.length)));
    if (output === null) throw new Error("extism gave no output");
    // Extism declares its output as a DataView and forgets to export the type.
    const { buffer, byteOffset, byteLength } = output as unknown as DataView;
    const decision = new Int32Array(buffer, byteOffset, byteLength / 4);
    return new sdk.PricedDecision(context, { encoded, candidates, decision, fuelUsed: 0 }, cart);
  }

  return { name: "extism", run: async (cart) => readShares(await price(cart)), decide: price };
}

/** A copy of whole u64s: the plugin reads eight bytes at a time, and extism ignores the offset of a view. */
function padded(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array((bytes.length + 7) & ~7);
  copy.set(bytes);
  return copy;
}
