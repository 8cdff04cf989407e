import { afterEach, describe, expect, it } from "vitest";
import { createHttpServer, type HttpServer } from "../../server/platform/http.ts";
import { createLog } from "../../server/platform/log.ts";

// Of no JSON schema: whoever makes code of it fails.
const WRONG = { type: "number", minimum: "many" };

let server: HttpServer;

async function start(isWarm: boolean): Promise<HttpServer> {
  server = await createHttpServer({ log: createLog("silent"), isDraining: () => false, isWarm });
  const taken = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
  const response = { 200: { type: "object", properties: { n: { type: "integer" } } } };
  server.post("/right", { schema: { body: taken, response } }, ({ body }): object => ({
    ...(body as object),
    more: 1,
  }));
  return server;
}
afterEach(() => server.close());

const post = (path: string, payload: object) => server.inject({ method: "POST", url: path, payload });

describe.each([false, true])("schemas of a server that is warm: %s", (isWarm) => {
  it("hold for what comes in, each time, and for what goes out", async () => {
    await start(isWarm);
    for (const _ of [1, 2]) {
      const refused = await post("/right", { n: "one" });
      expect([refused.statusCode, refused.json().error]).toMatchObject([
        400,
        { code: "SERVER_BAD_REQUEST", at: "body/n", value: "one" },
      ]);
      expect((await post("/right", { n: 1 })).json()).toEqual({ n: 1 });
    }
  });

  it("that are wrong stop a warm one before it is ready, and nothing else of the other", async () => {
    await start(isWarm);
    server.post("/wrong", { schema: { body: WRONG } }, () => ({}));
    if (isWarm) return expect(server.ready()).rejects.toThrow("minimum");
    expect((await post("/wrong", {})).statusCode).toBe(500);
    expect((await post("/right", { n: 1 })).statusCode).toBe(200);
  });
});
