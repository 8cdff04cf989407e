import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHttpServer } from "../../server/platform/http.ts";
import { createLog } from "../../server/platform/log.ts";
import { requireScopes, SCOPES } from "../../server/platform/scope.ts";
import { makeKey, readAdminKey } from "../support/api-keys.ts";
import { createShop, type Shop } from "../support/release.ts";
import { startServer, type TestServer } from "../support/server.ts";

// Each route of the server for each role: what nobody declared, nobody gets. Nothing here names a route.

let shop: Shop;
let neighbour: Shop;
let server: TestServer;
let strict: TestServer;
/** Of every route. */
let roles: Role[];
let makeRole: (scopes: readonly string[]) => Promise<Role>;

/** `scopes` undefined: the credential is none. */
type Role = { name: string; headers: Record<string, string>; scopes: readonly string[] | undefined };

type Route = { method: string; url: string; scope: string; orScope?: string };

const ANONYMOUS = ["storefront:read", "evaluate"];

beforeAll(async () => {
  shop = await createShop();
  await shop.publish();
  server = await startServer(shop.dataFolder);
  neighbour = await createShop();
  const other = await startServer(neighbour.dataFolder);
  const admin = await readAdminKey(shop.dataFolder);
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
  makeRole = async (scopes) => {
    const headers = bearer(
      (await makeKey(server, admin, scopes, { name: scopes.join(" ").slice(0, 100) })).key,
    );
    return { name: scopes.join(" "), headers, scopes: scopes.includes("admin") ? SCOPES : scopes };
  };
  const revoked = await makeKey(server, admin, ["admin"]);
  await fetch(`${server.url}/v1/keys/${revoked.id}`, { method: "DELETE", headers: bearer(admin) });
  const neighbours = await readAdminKey(neighbour.dataFolder);
  await other.close();
  strict = await startServer(shop.dataFolder, { env: { HAGGLE_ANONYMOUS: "0" } });
  roles = [
    { name: "anonymous", headers: {}, scopes: ANONYMOUS },
    await makeRole(["admin"]),
    { name: "another tenant's admin", headers: bearer(neighbours), scopes: undefined },
    { name: "a revoked admin", headers: bearer(revoked.key), scopes: undefined },
    { name: "an admin in x-api-key", headers: { "x-api-key": admin }, scopes: SCOPES },
    { name: "two that differ", headers: { ...bearer(admin), "x-api-key": revoked.key }, scopes: undefined },
    { name: "no key at all", headers: bearer("open sesame"), scopes: undefined },
    { name: "a password", headers: { authorization: "Basic YWRtaW46YWRtaW4=" }, scopes: undefined },
  ];
});

afterAll(async () => {
  await server.close();
  await strict.close();
  await shop.remove();
  await neighbour.remove();
});

function routes(): Route[] {
  return server.app.routes.flatMap(({ method, url, config }) =>
    [method].flat().map((each) => ({ method: each, url, ...config!, scope: config!.scope! })),
  );
}

/** The answer's status; what streams is not waited for. Names what is not there, and sends no body. */
async function ask(at: TestServer, { method, url }: Route, headers: Role["headers"]): Promise<number> {
  const path = url
    .replace(/:\w*(?:sha256|release)\w*/g, "0".repeat(64))
    .replace(/(?<!:):\w+/g, "123456789012")
    .replace("::", ":");
  const stop = new AbortController();
  const response = await fetch(at.url + path, { method, headers, signal: stop.signal, redirect: "manual" });
  stop.abort();
  return response.status;
}

/** Those who have just what is asked for, and those who have everything else. */
async function makeRolesFor(asked: readonly string[]): Promise<Role[]> {
  const others = SCOPES.filter((scope) => scope !== "admin" && !asked.includes(scope));
  const single = [...new Set(asked)].filter((scope) => scope !== "public" && scope !== "admin");
  return Promise.all([...single.map((scope) => [scope]), others].map(makeRole));
}

function expected(
  { scope, orScope = scope }: Pick<Route, "scope" | "orScope">,
  { name, scopes }: Pick<Role, "name" | "scopes">,
): 401 | 403 | "served" {
  if (scope === "public" || scopes?.includes(scope) || scopes?.includes(orScope)) return "served";
  return scopes === undefined || name === "anonymous" ? 401 : 403;
}

function outcome(status: number): 401 | 403 | "served" {
  return status === 401 || status === 403 ? status : "served";
}

describe("the route table", () => {
  it("has routes of every kind", () => {
    expect(routes().length).toBeGreaterThan(20);
    expect(new Set(routes().map(({ scope }) => scope))).toContain("admin");
  });

  it("answers each role as each route's scope says", async () => {
    const wrong: string[] = [];
    const made = new Map<string, Role[]>();
    for (const route of routes()) {
      const { scope, orScope = scope } = route;
      const key = `${scope} ${orScope}`;
      if (!made.has(key)) made.set(key, await makeRolesFor([scope, orScope]));
      const all = [...roles, ...made.get(key)!];
      const statuses = await Promise.all(all.map((role) => ask(server, route, role.headers)));
      for (const [index, status] of statuses.entries()) {
        const role = all[index]!;
        const should = expected(route, role);
        if (outcome(status) !== should || status === 500) {
          wrong.push(`${route.method} ${route.url} for ${role.name}: ${status}, not ${should}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it("has nothing but what is public for those without a key, where that is switched off", async () => {
    const nobody = { name: "anonymous", scopes: [] };
    for (const route of routes()) {
      expect([route, outcome(await ask(strict, route, {}))]).toEqual([route, expected(route, nobody)]);
    }
  });

  it("asks for no scope that the server's page does not name", async () => {
    const page = await readFile(join(import.meta.dirname, "../../server/README.md"), "utf8");
    const [, api] = page.split("\n## The HTTP API\n");
    const message = "add it to `The HTTP API` of server/README.md";
    expect(
      SCOPES.filter((scope) => !api!.includes(`\`${scope}\``)),
      message,
    ).toEqual([]);
  });

  it("takes no route that declares no scope: the server does not start", async () => {
    const bare = await createHttpServer({ log: createLog("silent"), isDraining: () => false, isWarm: false });
    requireScopes(bare);
    bare.get("/v1/told", { config: { scope: "public" } }, () => ({}));
    bare.get("/v1/forgotten", () => ({}));
    await expect(bare.ready().then(() => "started")).rejects.toThrow(
      /^routes without a scope: GET \/v1\/forgotten/,
    );
    await bare.close();
  });
});
