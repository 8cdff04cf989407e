import type { Haggle, HaggleOptions } from "@haggle/sdk/client";
import { signRoot } from "@haggle/toolchain";
import type { EvaluationContext } from "@openfeature/server-sdk";
import { describe, expect, it } from "vitest";
import { type EventServer, serveEvents } from "../support/event-server.ts";
import { NOWHERE, SIDES, useFlagWorld } from "../support/flag-world.ts";
import { testSigner } from "../support/release.ts";
import { until } from "../support/server.ts";

// What the providers of OpenFeature say of themselves, and of whoever they are asked about, however odd that is.

const world = useFlagWorld();
const { open, openStale } = world;

/** The shop's server behind something that is down until `isUp`. */
async function openGate(): Promise<EventServer & { isUp: boolean }> {
  const gate = await serveEvents(async (response, _, path) => {
    if (!gate.isUp || path.endsWith("/events")) return void response.writeHead(503).end();
    const answer = await fetch(world.url + path);
    response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
  }).then((server) => Object.assign(server, { isUp: false }));
  return gate;
}

const rootOf = async (number: number, development = false): Promise<Uint8Array> =>
  (await signRoot({ signer: await testSigner(number), now: Date.now(), development })).bytes;

describe.each(["web", "server"] as const)("a provider on the side of the %s", (name) => {
  const side = SIDES[name];

  it("is fatal under a development root that the program has not asked for", async () => {
    const root = await rootOf(1, true);
    await expect(side.provide(open({ root }))).rejects.toMatchObject({
      ...{ code: "PROVIDER_FATAL", message: "DOCUMENT_DEVELOPMENT" },
    });
    expect(side.status).toBe("FATAL");
    expect(await side.ask("integer-flag.value", 1)).toMatchObject({ value: 1, errorCode: "PROVIDER_FATAL" });
  });

  it.each<[string, string, () => Partial<HaggleOptions> | Promise<Partial<HaggleOptions>>]>([
    ["the root is of another shop", "DOCUMENT_THRESHOLD at channel", async () => ({ root: await rootOf(2) })],
    ["the root is none", "DOCUMENT_BAD_ENVELOPE at envelope.payload", () => ({ root: "{}" })],
    ["nobody answers", "CLIENT_NETWORK", () => ({ url: NOWHERE })],
  ])("is in error where %s, and each flag says why", async (_, why, options) => {
    await expect(side.provide(open(await options()))).rejects.toThrow(why);
    expect(side.status).toBe("ERROR");
    // A context makes nothing of it.
    await side.become({ targetingKey: "c-1" });
    expect(side.status).toBe("ERROR");
    expect(await side.ask("integer-flag.value", 1)).toMatchObject({
      ...{ value: 1, reason: "ERROR", errorCode: "PROVIDER_NOT_READY" },
      errorMessage: expect.stringContaining(why),
    });
  });

  it("is ready as soon as what was missing has come", async () => {
    const gate = await openGate();
    const late = open({ url: gate.url, pollMs: 20 });
    const clients: [Haggle, ...Haggle[]] = name === "web" ? [late] : [open(), late];
    if (name === "server") await clients[0].ready();
    await expect(side.provide(...clients)).rejects.toThrow("CLIENT_STATUS");
    expect(side.status).toBe("ERROR");
    gate.isUp = true;
    await until(() => side.status === "READY");
    expect((await side.ask("integer-flag.value", 1)).value).toBe(10);
    late.close();
    await gate.close();
  });

  it("is stale under each context, and says what it knows", async () => {
    await side.provide(await openStale());
    await until(() => side.status === "STALE");
    await side.become({ targetingKey: "c-1" });
    await until(() => side.status === "STALE");
    expect(await side.ask("integer-flag.value", 1)).toMatchObject({ value: 10, reason: "STATIC" });
  });

  it("takes any context, and throws at nobody", async () => {
    await side.provide(open());
    const circle: { self?: object } = {};
    circle.self = circle;
    const trap = {
      get inner() {
        throw new Error("a getter of the page");
      },
    };
    const odd: unknown[] = [
      ...[Number.NaN, 1n, Symbol("s"), () => 1, undefined, null, "", [], new Date(Number.NaN), circle, trap],
      ...["\ud800", "x".repeat(1_000_000), Object.create(null), new Map()],
    ];
    const contexts = odd
      .flatMap((value) =>
        ["email", "session", "cart", "sku", "", "constructor"].map((key) => ({ [key]: value })),
      )
      .concat([{ targetingKey: "" }, { targetingKey: null }, JSON.parse('{"__proto__":{"email":1}}')]);
    for (const context of contexts) {
      await side.become(context as EvaluationContext);
      expect(side.status).toBe("READY");
      expect(await side.ask("boolean-flag.value", false)).toMatchObject({ value: true, reason: "STATIC" });
      expect(await side.ask("string-targeted-zero-flag", "bye")).toMatchObject({
        ...{ value: "nobody", reason: "STATIC" },
      });
    }
  });

  it("is of whom the client is for where nobody has a name", async () => {
    const haggle = open();
    await side.provide(haggle);
    const { unit } = haggle;
    expect(unit).toBeDefined();
    for (const targetingKey of ["", null, undefined]) {
      await side.become({ targetingKey: "c-1" });
      await side.become({ targetingKey, country: "nl" } as EvaluationContext);
      expect(haggle.unit).toBe(unit);
      expect(await side.ask("string-flag", "bye")).toMatchObject({ value: "hi", reason: "STATIC" });
    }
  });

  it("has no flag for somebody whose key is no text", async () => {
    await side.provide(open());
    for (const targetingKey of [7, true, {}, [], 1n, Symbol("s")]) {
      await side.become({ targetingKey } as never);
      for (const [key, otherwise] of [
        ["boolean-flag.value", false],
        ["string-flag", "bye"],
        ["release.stable", "none"],
        ["missing", 1],
      ] as const) {
        expect(await side.ask(key, otherwise)).toMatchObject({
          ...{ value: otherwise, reason: "ERROR", errorCode: "INVALID_CONTEXT" },
        });
      }
    }
    await side.become({ targetingKey: "7" });
    expect((await side.ask("boolean-flag.value", false)).value).toBe(true);
  });
});
