import { encodeBase64, parseEnvelope, parseRoot, type Root } from "@haggle/abi";
import { sha256Hex } from "@haggle/sdk";
import { cosign, signDocument } from "@haggle/sdk/sign";
import { signBundle } from "@haggle/toolchain";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Api, createApi } from "../support/api.ts";
import { readAdminKey } from "../support/api-keys.ts";
import { createShop, makeCart, type Shop, testSigner } from "../support/release.ts";
import { startServer, type TestServer, until } from "../support/server.ts";

// Roots that ask for more signatures than the release in use has, by HTTP.

let shop: Shop;
let server: TestServer;
let api: Api;

beforeEach(async () => {
  shop = await createShop();
  await shop.publish();
  await shop.giveKey("channel");
  server = await startServer(shop.dataFolder);
  api = createApi(server, await readAdminKey(shop.dataFolder));
  await until(async () => (await server.ready()).keys.channel === "ready");
});

afterEach(async () => {
  await server.close();
  await shop.remove();
});

it("a root under which the release in use lacks signatures is refused until it is cosigned", async () => {
  const [first, second] = [await testSigner(1), await testSigner(2)];
  const bundle = await signBundle(shop.bundle.bytes, second);
  const sha256 = await sha256Hex(bundle);
  const { release } = await shop.sign({
    version: 2,
    release: { bundles: [{ sha256, size: bundle.length }] },
  });
  const root = parseRoot(parseEnvelope(shop.root.bytes, "root").payload);
  const keyid = await sha256Hex(second.publicKey);
  const next: Root = {
    ...root,
    version: root.version + 1,
    keys: { ...root.keys, [keyid]: { algorithm: "ed25519", public: encodeBase64(second.publicKey) } },
    roles: {
      ...root.roles,
      release: { keyids: [...root.roles.release.keyids, keyid], threshold: 2 },
    },
  };
  const { bytes } = await signDocument(next, [first]);
  const putRoot = () => api.send("PUT", `/v1/root/${next.version}`, bytes);
  // The bundle of the first release has one signature, which nobody can add to.
  expect(await putRoot()).toMatchObject({ status: 409, code: "SERVER_LIVE_SHORT" });
  expect((await api.putBundle(sha256, bundle)).status).toBe(201);
  expect((await api.postRelease(release.bytes)).status).toBe(201);
  expect((await api.point("stable", { release: release.sha256 })).status).toBe(200);
  expect(await putRoot()).toMatchObject({ status: 409, code: "SERVER_LIVE_SHORT" });
  const { bytes: cosigned } = await cosign(parseEnvelope(release.bytes, "release"), [second]);
  expect((await api.postRelease(cosigned)).status).toBe(200);
  expect((await api.postRelease(release.bytes)).status).toBe(200);
  expect((await putRoot()).status).toBe(201);
  await until(async () => (await (await server.get("/v1/root")).text()) === Buffer.from(bytes).toString());
  const decision = await (await server.post("/v1/evaluations", makeCart())).json();
  expect(decision).toMatchObject({ release: release.sha256 });
});
