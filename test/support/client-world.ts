import type { ServerResponse } from "node:http";
import type { HaggleError } from "@haggle/sdk";
import { createHaggle, type Haggle, type HaggleOptions } from "@haggle/sdk/client";
import { afterEach, beforeEach, expect } from "vitest";
import { freePort } from "./free-port.ts";
import { createShop, type Shop } from "./release.ts";
import { startServer, type TestServer, until } from "./server.ts";

/** A shop, its server and a client, new for each test of the file that calls this. */
export function useClientWorld() {
  let shop: Shop;
  let server: TestServer;
  let client: Haggle | undefined;
  let errors: HaggleError[];
  let releases: string[];

  beforeEach(async () => {
    shop = await createShop();
    // Tests start another under its address.
    server = await startServer(shop.dataFolder, { port: await freePort() });
    errors = [];
    releases = [];
  });

  afterEach(async () => {
    client?.close();
    client = undefined;
    await server.close();
    await shop.remove();
  });

  return {
    get shop() {
      return shop;
    },
    get server() {
      return server;
    },
    /** Another in its place, which the end of the test closes. */
    set server(next: TestServer) {
      server = next;
    },
    /** The last that was opened. */
    get client() {
      return client;
    },
    /** What clients told of. */
    get errors() {
      return errors;
    },
    get releases() {
      return releases;
    },
    open(options: Partial<HaggleOptions> = {}): Haggle {
      client = createHaggle({
        url: server.url,
        root: shop.root.bytes,
        pollMs: 20,
        ...options,
      });
      client.on("update", ({ release }) => releases.push(release));
      client.on("error", (error) => errors.push(error));
      return client;
    },
    /** Resolves with the release's digest when the server has it. */
    async publish(...variation: Parameters<Shop["publish"]>): Promise<string> {
      const { release, channel } = await shop.publish(...variation);
      const tag = await until(async () => {
        const served = await server.get("/v1/channels/stable");
        return Buffer.from(await served.arrayBuffer()).equals(channel.bytes);
      });
      expect(tag).toBe(true);
      return release.sha256;
    },
    /** Answers with what the server has; not any more when the test is over. */
    async pass(response: ServerResponse, path: string): Promise<void> {
      try {
        const answer = await server.get(path);
        response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
      } catch {
        response.destroy();
      }
    },
    totalOf(cart: object): number | string {
      const decision = client!.evaluate(cart);
      return decision.ok ? decision.total : decision.error.code;
    },
  };
}
