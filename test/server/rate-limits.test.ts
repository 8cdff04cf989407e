import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeKey, readAdminKey, withKey } from "../support/api-keys.ts";
import { createShop, type Shop } from "../support/release.ts";
import { startServer, type TestServer } from "../support/server.ts";

let shop: Shop;

beforeEach(async () => {
  shop = await createShop();
  await shop.publish();
});
afterEach(() => shop.remove());

async function statusOf(key: string, at: TestServer): Promise<number> {
  const response = await at.get("/v1/audit/head", { authorization: `Bearer ${key}` });
  await response.text();
  return response.status;
}

async function codeOf(response: Response): Promise<[number, string]> {
  return [response.status, ((await response.json()) as { error: { code: string } }).error.code];
}

describe("rate limits", () => {
  it("are each key's own, and each address's without a key", async () => {
    const env = { HAGGLE_KEY_PER_MINUTE: "5", HAGGLE_ADDRESS_PER_MINUTE: "3" };
    const other = await createShop();
    const limited = await startServer(other.dataFolder, { env });
    try {
      const first = await readAdminKey(other.dataFolder);
      const { key } = await makeKey(limited, first, ["audit"]);
      const statuses = [];
      for (let request = 0; request < 6; request++) statuses.push(await statusOf(key, limited));
      expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
      const refused = await limited.get("/v1/audit/head", withKey(key));
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      const told = ["limit", "remaining"].map((name) => refused.headers.get(`x-ratelimit-${name}`));
      expect(told).toEqual(["5", "0"]);
      expect(await codeOf(refused)).toEqual([429, "SERVER_TOO_MANY_REQUESTS"]);
      expect(await statusOf(first, limited)).toBe(200);
      const anonymous = [];
      for (let request = 0; request < 4; request++)
        anonymous.push((await limited.get("/v1/catalogue")).status);
      expect(anonymous).toEqual([200, 200, 200, 429]);
      for (let request = 0; request < 10; request++) expect((await limited.get("/livez")).status).toBe(200);
    } finally {
      await limited.close();
      await other.remove();
    }
  });

  it("are of the address that a trusted proxy tells, of an IPv6 network as of one", async () => {
    const other = await createShop();
    const addresses = [
      "198.51.100.1",
      "198.51.100.2",
      "2001:db8:1:1::1",
      "2001:db8:1:1::2",
      "2001:db8:1:2::1",
    ];
    const more = ["::ffff:198.51.100.1", "2001:db8:1:1:ffff::"];
    const ask = async (env: Record<string, string>) => {
      const limited = await startServer(other.dataFolder, {
        env: { HAGGLE_ADDRESS_PER_MINUTE: "2", ...env },
      });
      try {
        const statuses = [];
        for (const address of [...addresses, ...more, "198.51.100.1"]) {
          statuses.push((await limited.get("/v1/catalogue", { "x-forwarded-for": address })).status);
        }
        return statuses;
      } finally {
        await limited.close();
      }
    };
    try {
      expect(await ask({})).toEqual([200, 200, 429, 429, 429, 429, 429, 429]);
      const trusted = [200, 200, 200, 200, 200, 200, 429, 429];
      expect(await ask({ HAGGLE_TRUSTED_PROXIES: "127.0.0.1" })).toEqual(trusted);
      expect(await ask({ HAGGLE_TRUSTED_PROXIES: "10.0.0.0/8, 127.0.0.0/8" })).toEqual(trusted);
      const elsewhere = { HAGGLE_TRUSTED_PROXIES: "10.0.0.0/8,::1" };
      expect((await ask(elsewhere)).filter((status) => status === 200)).toHaveLength(2);
    } finally {
      await other.remove();
    }
  });

  it("are of whoever asked the last proxy that is trusted, whatever stands further back in the header", async () => {
    const other = await createShop();
    const chains = ["198.51.100.1, 10.0.0.9", "198.51.100.2, 10.0.0.9", "10.0.0.8, 198.51.100.3, 10.0.0.9"];
    const ask = async (proxies: string) => {
      const env = { HAGGLE_ADDRESS_PER_MINUTE: "1", HAGGLE_TRUSTED_PROXIES: proxies };
      const limited = await startServer(other.dataFolder, { env });
      try {
        const statuses = [];
        for (const chain of [...chains, chains[0]!]) {
          statuses.push((await limited.get("/v1/catalogue", { "x-forwarded-for": chain })).status);
        }
        return statuses;
      } finally {
        await limited.close();
      }
    };
    try {
      expect(await ask("127.0.0.1")).toEqual([200, 429, 429, 429]);
      expect(await ask("127.0.0.1, 10.0.0.9")).toEqual([200, 200, 200, 429]);
      expect(await ask("127.0.0.0/8, 10.0.0.0/24")).toEqual([200, 200, 200, 429]);
    } finally {
      await other.remove();
    }
  });

  it("hold for what is named by a digest, public as it is", async () => {
    const env = { HAGGLE_ADDRESS_PER_MINUTE: "3" };
    const limited = await startServer(shop.dataFolder, { env });
    try {
      for (const kind of ["releases", "bundles"]) {
        const statuses = [];
        for (let guess = 0; guess < 4; guess++) {
          statuses.push((await limited.get(`/v1/${kind}/${String(guess).repeat(64)}`)).status);
        }
        expect(statuses).toEqual([404, 404, 404, 429]);
      }
      for (let look = 0; look < 5; look++) {
        expect((await limited.get("/v1/channels/stable")).status).toBe(200);
      }
    } finally {
      await limited.close();
    }
  });

  it("end a hunt for keys, while keys that are known go on", async () => {
    const hunted = await startServer(shop.dataFolder);
    try {
      const admin = await readAdminKey(shop.dataFolder);
      expect(await statusOf(admin, hunted)).toBe(200);
      const statuses = new Set<number>();
      for (let guess = 0; guess < 102; guess++) {
        statuses.add(await statusOf(`hg_live_${String(guess).padStart(12, "0")}_${"0".repeat(43)}`, hunted));
      }
      expect([...statuses]).toEqual([401, 429]);
      const guess = `hg_live_${"z".repeat(12)}_${"0".repeat(43)}`;
      const refused = await hunted.get("/v1/audit", withKey(guess));
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await statusOf(admin, hunted)).toBe(200);
    } finally {
      await hunted.close();
    }
  });
});
