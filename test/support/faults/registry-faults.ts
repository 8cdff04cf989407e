import { hash } from "node:crypto";
import type { Prices } from "@haggle/abi";
import { signDocument } from "@haggle/sdk/sign";
import { signOnlineRoot } from "../online-root.ts";
import { testSigner } from "../release.ts";
import { readBadBundles } from "./bad-bundles.ts";
import { checkRows } from "./registry-rows.ts";
import {
  findLive,
  holdStill,
  isInFolder,
  nextRelease,
  openPricing,
  type Publication,
  point,
  type RegistryStage,
  type Request,
  send,
  signPublication,
  stranger,
} from "./registry-stage.ts";
import { cutOff, placesIn, tears } from "./spoil.ts";

// Whatever is brought over HTTP while everybody prices: torn, swapped, a stranger's, or never brought to its end.

type Kind = "bundle" | "release" | "prices" | "root";
type Brought = { name: string; request(): Request };

/** At once. */
const BRINGERS = 4;

/**
 * Brings the next release torn and zero-filled at every `step`th byte, in other documents' places, signed by a stranger,
 * and over connections that end in the middle, and bundles that are hostile or wrongly signed; then whole, which has to go
 * through. Nothing may be stored before, each refusal has a code, and every cart is priced by the last good release, in the
 * SDK too. One of `share` is brought.
 *
 * @returns how many were brought, and what went wrong
 */
export async function bringSpoilt(
  stage: RegistryStage,
  step: number,
  share = 1,
): Promise<{ runs: number; wrong: string[] }> {
  const { world, server } = stage;
  await using pricing = openPricing(stage);
  const good = await pricing.sign(await nextRelease(stage));
  const whole = await signAll(good);
  const bad = (await readBadBundles(world.shop, ["profile"])).map(({ name, bytes }) => ({
    name,
    request: () => requestOf("bundle", bytes),
  }));
  const all = [...spoiltOf(whole, step), ...swapped(whole, good), ...(await byStranger(stage, good)), ...bad];
  const brought = all.filter((_, index) => index % share === 0);
  const cuts = Object.values(whole)
    .flatMap((request) => placesIn(request.body.length, step).map((at) => ({ request, at })))
    .filter((_, index) => index % share === 0);
  await isInFolder(stage);
  const wrong: string[] = [];
  const findChanges = await holdStill(world);
  const release = await pricing.hold(await findLive(stage));

  await each(brought, async ({ name, request }) => {
    const said = await send(server, request());
    if (!/^4\d\d [A-Z]+_[A-Z_]+$/.test(said)) wrong.push(`${name}: ${said}`);
  });
  await each(cuts, ({ request, at }) => cutOff(server, request, at, { resets: at % (2 * step) === 0 }));
  // A release whose bundle never came.
  const early = await send(server, whole.release);
  if (early !== "422 SERVER_UNKNOWN_BUNDLE") wrong.push(`without its bundle: ${early}`);
  wrong.push(...(await findChanges()));
  await release();

  for (const kind of ["bundle", "release"] as const) {
    const said = await send(server, whole[kind]);
    if (said !== "201") wrong.push(`the whole ${kind}: ${said}`);
  }
  const pointed = await point(stage, good.release.sha256);
  if (pointed !== "200") wrong.push(`the whole release for everybody: ${pointed}`);
  await pricing.isPricedBy(good.release);
  await point(stage, world.from);
  await isInFolder(stage);
  wrong.push(...(await checkRows(world.database)), ...(await pricing.finish()));
  return { runs: brought.length + cuts.length, wrong };
}

/** Everything that is brought by its bytes, each to its own address. */
async function signAll({ bundle, release }: Publication): Promise<Record<Kind, Request>> {
  const author = await testSigner(1);
  const root = await signOnlineRoot({ version: 2 });
  return {
    bundle: requestOf("bundle", bundle.bytes, bundle.sha256),
    release: requestOf("release", release.bytes),
    prices: requestOf("prices", (await signDocument(pricesOf(release.sha256), [author])).bytes),
    root: requestOf("root", root.bytes),
  };
}

export function requestOf(kind: Kind, body: Uint8Array, sha256 = hash("sha256", body)): Request {
  const json = { type: "application/json", body };
  if (kind === "release") return { method: "POST", path: "/v1/releases", ...json };
  if (kind === "prices") return { method: "PUT", path: "/v1/prices/stable", ...json };
  if (kind === "root") return { method: "PUT", path: "/v1/root/2", ...json };
  return { method: "PUT", path: `/v1/bundles/${sha256}`, type: "application/wasm", body };
}

function pricesOf(release: string): Prices {
  const issued = Date.now() - 1_000;
  return {
    type: "prices",
    channel: "stable",
    version: 1,
    issued,
    expires: issued + 3_600_000,
    release,
    strategy: { version: 1, id: "clearance" },
    prices: [{ sku: "trail-runner", unitPrice: 1 }],
  };
}

/** A bundle under the digest that was promised, and under the one that it has. */
function spoiltOf(whole: Record<Kind, Request>, step: number): Brought[] {
  return (Object.keys(whole) as Kind[]).flatMap((kind) =>
    tears(whole[kind].body.length, step).flatMap(({ how, tear }) => {
      const name = `${kind} ${how}`;
      const body = () => tear(whole[kind].body);
      const promised = { name, request: () => ({ ...whole[kind], body: body() }) };
      if (kind !== "bundle") return [promised];
      return [promised, { name: `${name}, by its digest`, request: () => requestOf(kind, body()) }];
    }),
  );
}

/** Each in the place of every other, and the channel document in all of them. */
function swapped(whole: Record<Kind, Request>, { channel }: Publication): Brought[] {
  const kinds = Object.keys(whole) as Kind[];
  const bodies = [
    ...kinds.map((kind) => [kind, whole[kind].body] as const),
    ["channel", channel.bytes] as const,
  ];
  return kinds.flatMap((kind) =>
    bodies
      .filter(([other]) => other !== kind)
      .flatMap(([other, body]) => [
        { name: `${other} for ${kind}`, request: () => requestOf(kind, body) },
        { name: `${other} for that ${kind}`, request: () => ({ ...whole[kind], body }) },
      ]),
  );
}

async function byStranger({ world: { shop } }: RegistryStage, { version }: Publication): Promise<Brought[]> {
  const signer = await stranger();
  const { bundle } = await signPublication(shop, version, { bundleSigner: signer });
  const { release } = await signPublication(shop, version, { releaseSigner: signer });
  const prices = await signDocument(pricesOf(release.sha256), [signer]);
  const root = await signOnlineRoot({ version: 2, signers: [signer] });
  const bodies = { bundle: bundle.bytes, release: release.bytes, prices: prices.bytes, root: root.bytes };
  return Object.entries(bodies).map(([kind, body]) => ({
    name: `a stranger's ${kind}`,
    request: () => requestOf(kind as Kind, body),
  }));
}

/** Some at a time. */
async function each<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const worker = async () => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) await work(one);
  };
  await Promise.all(Array.from({ length: BRINGERS }, worker));
}
