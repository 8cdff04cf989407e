import { createContext, runInContext } from "node:vm";
import { encodeBase64, METADATA_SECTION, SIGNATURE_SECTION } from "@haggle/abi";
import { createEngine, sha256Hex, verifyProfile } from "@haggle/sdk";
import { createHaggle } from "@haggle/sdk/client";
import { precompiled } from "@haggle/sdk/edge";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createShop, makeCart, type Shop } from "../support/release.ts";

// Hosts that compile nothing, and hosts that have little more than the language. The real one is in test/e2e/edge.test.ts.

let shop: Shop;
let bundle: Uint8Array<ArrayBuffer>;
let release: Uint8Array;
let total: number;

beforeAll(async () => {
  shop = await createShop();
  bundle = Uint8Array.from(shop.bundle.bytes);
  release = (await shop.sign()).release.bytes;
  const decision = (await createEngine({ bundle, release, root: shop.root.bytes })).evaluate(makeCart());
  total = decision.ok ? decision.total : -1;
});
afterAll(() => shop.remove());

/** The bundle without the sections that are named, and with one more at its end. */
function rewritten({
  without = "",
  more = [],
}: {
  without?: string;
  more?: number[];
}): Uint8Array<ArrayBuffer> {
  const { sections } = verifyProfile(bundle);
  const kept = sections.flatMap(({ name, offset, size }, at) => {
    const previous = sections[at - 1];
    const start = previous === undefined ? 8 : previous.offset + previous.size;
    return name === without && name !== "" ? [] : [...bundle.subarray(start, offset + size)];
  });
  return Uint8Array.from([...bundle.subarray(0, 8), ...kept, ...more]);
}

async function outcomeWith(...modules: Uint8Array<ArrayBuffer>[]): Promise<unknown> {
  const compile = precompiled(...modules.map((bytes) => new WebAssembly.Module(bytes)));
  try {
    const engine = await createEngine({ bundle, release, root: shop.root.bytes, compile });
    const decision = engine.evaluate(makeCart());
    return decision.ok ? decision.total : decision.error;
  } catch (error) {
    return error;
  }
}

const REFUSED = { name: "HaggleError", code: "ENGINE_MODULE_MISMATCH", at: "bundle" };
/** `\0asm`, and nothing behind it. */
const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

describe("a module that the program was deployed with", () => {
  it("is used where it is the bundle's, whichever of them it is", async () => {
    expect(await outcomeWith(bundle)).toBe(total);
    expect(await outcomeWith(EMPTY, bundle)).toBe(total);
  });

  it("is refused on a host whose words are the other way round", async () => {
    function BigEndian() {
      return { buffer: Uint8Array.of(0, 0, 0, 1).buffer };
    }
    vi.stubGlobal("Uint32Array", BigEndian);
    expect(await outcomeWith(bundle)).toMatchObject({ code: "ENGINE_ABI", at: "host" });
  });

  it("is refused where it lacks what the bundle has, and where there is none", async () => {
    for (const modules of [
      [],
      [EMPTY],
      [rewritten({ without: SIGNATURE_SECTION })],
      [rewritten({ without: METADATA_SECTION })],
    ]) {
      expect(await outcomeWith(...modules)).toMatchObject({ ...REFUSED, value: await sha256Hex(bundle) });
    }
  });

  it("is refused where its metadata is another one, or there twice", async () => {
    const at = verifyProfile(bundle).metadata.byteOffset + 5;
    const changed = bundle.slice();
    changed[at]! ^= 1;
    expect(await outcomeWith(changed)).toMatchObject(REFUSED);
    // Section 0 of seven bytes: a name of six letters, and no payload.
    const name = [...new TextEncoder().encode(METADATA_SECTION)];
    expect(name.length).toBe(6);
    expect(await outcomeWith(rewritten({ more: [0, 7, 6, ...name] }))).toMatchObject(REFUSED);
  });

  it("is refused where it exports something else", async () => {
    const at = bundle.indexOf(0x65, verifyProfile(bundle).sections.find(({ id }) => id === 7)!.offset);
    // "evaluate", by which an export begins, or another letter e in the names of exports.
    const renamed = bundle.slice();
    renamed[at] = 0x66;
    expect(await outcomeWith(renamed)).toMatchObject(REFUSED);
  });

  it("changes nothing of what is verified: bytes that are not the release's stay refused", async () => {
    const compile = precompiled(new WebAssembly.Module(bundle));
    const spoilt = bundle.slice();
    spoilt[spoilt.length - 1]! ^= 1;
    const made = createEngine({ bundle: spoilt, release, root: shop.root.bytes, compile });
    await expect(made).rejects.toMatchObject({ code: "SIGNATURE_HASH_MISMATCH" });
  });
});

describe("a client of such a host", () => {
  it("tells what its `compile` fails of, whatever that is, and has no release", async () => {
    const told: string[] = [];
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const { channel } = await shop.sign();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const haggle = createHaggle({
      ...{ root: shop.root.bytes, url: "http://127.0.0.1:1", store: "memory" },
      bootstrap: {
        ...{ roots: [text(shop.root.bytes)], channel: text(channel.bytes), release: text(release) },
        bundle: encodeBase64(bundle),
      },
      // As when a deployment has forgotten the module.
      compile: precompiled(undefined as unknown as WebAssembly.Module),
    });
    haggle.on("error", ({ code }) => told.push(code));
    try {
      await expect(haggle.ready()).rejects.toMatchObject({ code: "CLIENT_NETWORK" });
      expect(told).toContain("ENGINE_COMPILE");
      expect(haggle.evaluate(makeCart())).toMatchObject({ ok: false });
    } finally {
      haggle.close();
      await new Promise(setImmediate);
      process.off("unhandledRejection", unhandled);
    }
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe("a host that has little more than the language", () => {
  it("prices the same, without process, Buffer, performance, timers or eval", async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: `import { createEngine } from "@haggle/sdk";
import { decodeBase64 } from "@haggle/abi";
globalThis.price = async ({ bundle, release, root, cart }) => {
  const engine = await createEngine({ bundle: decodeBase64(bundle, "bundle"), release, root });
  return JSON.stringify(engine.evaluate(JSON.parse(cart)));
};`,
        resolveDir: import.meta.dirname,
      },
      ...{ bundle: true, write: false, format: "iife", target: "es2024", platform: "neutral" },
      conditions: ["haggle-source"],
    });
    const host = createContext(
      { crypto, TextEncoder, TextDecoder, atob, btoa },
      { codeGeneration: { strings: false, wasm: true } },
    );
    runInContext(outputFiles[0]!.text, host);
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const given = {
      bundle: encodeBase64(bundle),
      release: text(release),
      root: text(shop.root.bytes),
      cart: JSON.stringify(makeCart()),
    };
    host.given = given;
    expect(JSON.parse(await runInContext("price(given)", host))).toMatchObject({ total });
    expect(runInContext("typeof process + typeof Buffer + typeof performance", host)).toMatch(
      /^(undefined){3}/,
    );
  });
});
