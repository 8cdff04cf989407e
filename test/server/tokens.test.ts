import { createHmac, generateKeyPairSync, type KeyObject, sign as signBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withKey } from "../support/api-keys.ts";
import { createShop, type Shop } from "../support/release.ts";
import { startServer, type TestServer } from "../support/server.ts";

// Tokens of an issuer whose keys come over HTTP, as those of an identity provider do.

const ISSUER = "https://issuer.example";
const AUDIENCE = "https://haggle.example/shop";

type Key = { kid: string; alg: string; privateKey: KeyObject; jwk: object };
type Claims = Record<string, unknown>;

let shop: Shop;
let server: TestServer;
let issuer: Server;
let keys: Key[];
/** What the issuer answers. */
let answer: () => { status: number; body: string };

beforeAll(async () => {
  keys = (["EdDSA", "ES256", "RS256"] as const).map(createKey);
  answer = () => ({ status: 200, body: JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }) });
  issuer = createServer((_request, response) => {
    const { status, body } = answer();
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  });
  await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
  shop = await createShop();
  server = await start();
});

afterAll(async () => {
  await server.close();
  issuer.closeAllConnections();
  await new Promise((resolve) => issuer.close(resolve));
  await shop.remove();
});

function start(): Promise<TestServer> {
  const { port } = issuer.address() as AddressInfo;
  const jwks = `http://127.0.0.1:${port}/keys`;
  const env = { HAGGLE_JWT_ISSUER: ISSUER, HAGGLE_JWT_AUDIENCE: AUDIENCE, HAGGLE_JWT_JWKS: jwks };
  return startServer(shop.dataFolder, { env });
}

function createKey(alg: "EdDSA" | "ES256" | "RS256"): Key {
  const { publicKey, privateKey } =
    alg === "EdDSA"
      ? generateKeyPairSync("ed25519")
      : alg === "ES256"
        ? generateKeyPairSync("ec", { namedCurve: "P-256" })
        : generateKeyPairSync("rsa", { modulusLength: 2048 });
  const kid = `${alg} of the test`;
  return { kid, alg, privateKey, jwk: { ...publicKey.export({ format: "jwk" }), kid, alg, use: "sig" } };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** A token that is accepted, but for `claims` and `header`. By hand (RFC 7515): what signs is not what verifies. */
function sign(claims: Claims = {}, header: object = {}, key = keys[0]!): string {
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: "ada",
    iat: now,
    exp: now + 300,
    scope: "openid audit",
    ...claims,
  };
  const signed = `${encode({ alg: key.alg, kid: key.kid, ...header })}.${encode(payload)}`;
  const hash = key.alg === "EdDSA" ? null : "sha256";
  const secret = { key: key.privateKey, dsaEncoding: "ieee-p1363" as const };
  return `${signed}.${signBytes(hash, Buffer.from(signed), secret).toString("base64url")}`;
}

async function ask(
  token: string,
  path = "/v1/audit/head",
  at: TestServer = server,
): Promise<[number, string?]> {
  const response = await at.get(path, { authorization: `Bearer ${token}` });
  const { error } = (await response.json()) as { error?: { code: string } };
  return error === undefined ? [response.status] : [response.status, error.code];
}

const REFUSED = [401, "SERVER_UNAUTHORIZED"];

describe("a token", () => {
  it("of each algorithm opens what its scope claim says", async () => {
    for (const key of keys) expect(await ask(sign({}, {}, key))).toEqual([200]);
    expect(await ask(sign(), "/v1/keys")).toEqual([403, "SERVER_FORBIDDEN"]);
    expect(await ask(sign({ scope: "admin" }), "/v1/keys")).toEqual([200]);
  });

  it("names in the audit log whom it is of", async () => {
    const token = sign({ scope: "admin" });
    await server.post("/v1/keys", { name: "x", scopes: ["audit"] }, withKey(token));
    const page = await (await server.get("/v1/audit?limit=1", withKey(token))).json();
    expect(page).toMatchObject({ records: [{ actor: { id: "jwt:ada", name: "ada" } }] });
  });

  it.each([
    ["an other scope", { scope: "openid profile" }],
    ["no scope", { scope: undefined }],
    ["a scope that only begins so", { scope: "audit:all" }],
    ["scopes as a list", { scope: ["audit"] }],
  ])("with %s is known and may nothing", async (_, claims) => {
    expect(await ask(sign(claims))).toEqual([403, "SERVER_FORBIDDEN"]);
  });

  const now = Math.floor(Date.now() / 1000);
  it.each<[string, Claims]>([
    ["another issuer's", { iss: "https://issuer.example.evil" }],
    ["another audience's", { aud: "https://haggle.example/other" }],
    ["no audience's", { aud: undefined }],
    ["expired", { exp: now - 60 }],
    ["without an end", { exp: undefined }],
    ["valid later", { nbf: now + 600 }],
    ["issued later", { iat: now + 600 }],
    ["a day and more old", { iat: now - 25 * 3_600, exp: now + 600 }],
    ["nobody's", { sub: undefined }],
  ])("that is %s is none", async (_, claims) => {
    expect(await ask(sign(claims))).toEqual(REFUSED);
  });

  it("may be 30 seconds beyond its end, as clocks differ", async () => {
    const exp = Math.floor(Date.now() / 1000) - 5;
    expect(await ask(sign({ exp, iat: exp - 100 }))).toEqual([200]);
  });

  it("is believed by its signature alone", async () => {
    const token = sign();
    const [head, payload, signature] = token.split(".") as [string, string, string];
    const none = Buffer.from('{"alg":"none"}').toString("base64url");
    const hmacHead = encode({ alg: "HS256", kid: keys[2]!.kid });
    const hmac = createHmac("sha256", JSON.stringify(keys[2]!.jwk)).update(`${hmacHead}.${payload}`);
    const symmetric = `${hmacHead}.${payload}.${hmac.digest("base64url")}`;
    const stranger = { ...createKey("EdDSA"), kid: keys[0]!.kid };
    const changed = Buffer.from(payload, "base64url").toString().replace("ada", "eve");
    for (const forged of [
      `${none}.${payload}.`,
      `${head}.${Buffer.from(changed).toString("base64url")}.${signature}`,
      `${head}.${payload}.`,
      `${head}.${payload}`,
      symmetric,
      sign({}, {}, stranger),
      sign({}, { kid: "another" }),
      sign({}, { crit: ["exp"] }),
      "a.b.c",
    ]) {
      expect(await ask(forged)).toEqual(REFUSED);
    }
  });
});

describe("an issuer", () => {
  it.each([
    ["does not answer", () => ({ status: 503, body: "" })],
    ["answers something else", () => ({ status: 200, body: "<html>" })],
    ["answers no keys", () => ({ status: 200, body: "{}" })],
  ])("that %s is a failure of ours, and API keys go on", async (_, wrong) => {
    const right = answer;
    answer = wrong;
    const young = await start();
    try {
      expect(await ask(sign(), "/v1/audit/head", young)).toEqual([503, "SERVER_JWKS"]);
      expect((await young.get("/livez")).status).toBe(200);
    } finally {
      answer = right;
      await young.close();
    }
  });

  it("whose settings are not whole stops the start", async () => {
    const env = { HAGGLE_JWT_ISSUER: ISSUER, HAGGLE_JWT_AUDIENCE: AUDIENCE };
    const refusal = { code: "SERVER_BAD_CONFIG", at: "HAGGLE_JWT_JWKS" };
    await expect(startServer(shop.dataFolder, { env })).rejects.toMatchObject(refusal);
  });
});

describe("without an issuer", () => {
  it("a token is no key", async () => {
    const plain = await startServer(shop.dataFolder);
    try {
      expect(await ask(sign(), "/v1/audit/head", plain)).toEqual(REFUSED);
    } finally {
      await plain.close();
    }
  });
});
