import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createShop, makeCart, type Shop } from "../support/release.ts";
import { startServer, type TestServer, until } from "../support/server.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";

let shop: Shop;
const open: TestServer[] = [];

beforeEach(async () => {
  shop = await createShop();
  await shop.publish();
});
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
  await shop.remove();
});

async function start(options: Parameters<typeof startServer>[1] = {}): Promise<TestServer> {
  const server = await startServer(shop.dataFolder, options);
  open.push(server);
  return server;
}

async function readKey(): Promise<string> {
  return (await readFile(join(shop.dataFolder, "admin.key"), "utf8")).trim();
}

describe("metrics", () => {
  it("count requests by pattern, evaluations, queues, connections and the event loop", async () => {
    const server = await start();
    await server.post("/v1/evaluations", makeCart());
    await server.get(`/v1/releases/${"a".repeat(64)}`);
    await server.get("/nothing/of/the/kind");
    const metrics = await until(async () => {
      const answer = await (await server.get("/metrics")).text();
      return answer.includes('subscriber="webhooks"') && answer.includes("unmatched") && answer;
    });
    for (const line of [
      'haggle_http_request_duration_seconds_count{method="POST",route="/v1/evaluations",status="200"} 1',
      'haggle_http_request_duration_seconds_count{method="GET",route="/v1/releases/:sha256",status="404"} 1',
      'haggle_http_request_duration_seconds_count{method="GET",route="unmatched",status="404"} 1',
      'haggle_evaluation_duration_seconds_count{arm="stable",outcome="ok"} 1',
      'haggle_outbox_waiting{subscriber="webhooks"}',
      "haggle_webhook_deliveries_pending 0",
      'haggle_database_connections{state="waiting"} 0',
      "nodejs_eventloop_lag_p99_seconds",
    ]) {
      expect(metrics).toContain(line);
    }
    expect(metrics).not.toContain("aaaaaaaa");
    expect(metrics).not.toContain("of/the/kind");
  });

  it("are for operators in production, and where others than this machine can ask", async () => {
    const elsewhere = await start({ env: { HOST: "0.0.0.0" } });
    const url = elsewhere.url.replace("0.0.0.0", "127.0.0.1");
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    const headers = { authorization: `Bearer ${await readKey()}` };
    expect((await fetch(`${url}/metrics`, { headers })).status).toBe(200);
  });
});

describe("log lines", () => {
  it("carry the ids of the caller's trace", async () => {
    const server = await start();
    await server.get("/v1/catalogue", { traceparent: `00-${TRACE}-${PARENT}-01` });
    await server.get("/v1/root", { traceparent: `00-${"0".repeat(32)}-${PARENT}-01` });
    const lines = await until(() => {
      const done = server.log.filter(({ msg }) => msg === "request completed");
      return done.length >= 2 && done;
    });
    expect(lines[0]).toMatchObject({ trace_id: TRACE, span_id: PARENT });
    expect(lines[1]).not.toHaveProperty("trace_id");
  });
});

describe("traces", () => {
  it("go to the endpoint when there is one, as children of the caller's span, and into the log", async () => {
    const received: { path: string; type: string; body: string }[] = [];
    const collector = createServer(async (request, response) => {
      const type = String(request.headers["content-type"]);
      received.push({ path: request.url!, type, body: await text(request) });
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
    await new Promise<void>((done) => collector.listen(0, "127.0.0.1", done));
    const { port } = collector.address() as AddressInfo;
    const server = await start({
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_SERVICE_NAME: "haggle-test" },
    });
    await server.get("/v1/catalogue", { traceparent: `00-${TRACE}-${PARENT}-01` });
    const line = await until(() => server.log.find(({ msg }) => msg === "request completed"));
    await open.pop()!.close();
    await new Promise((done) => collector.close(done));
    const traces = received.filter(({ path }) => path === "/v1/traces");
    expect(traces.length).toBeGreaterThan(0);
    expect(traces[0]!.type).toContain("json");
    type Span = { traceId: string; spanId: string; parentSpanId?: string; name: string };
    type Traces = {
      resourceSpans: {
        resource: { attributes: { key: string; value: { stringValue?: string } }[] };
        scopeSpans: { spans: Span[] }[];
      }[];
    };
    const resources = traces.flatMap(({ body }) => (JSON.parse(body) as Traces).resourceSpans);
    expect(resources[0]!.resource.attributes).toContainEqual({
      key: "service.name",
      value: { stringValue: "haggle-test" },
    });
    const spans = resources.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
    const child = spans.find(({ parentSpanId }) => parentSpanId === PARENT);
    expect(child).toMatchObject({ traceId: TRACE });
    expect(line).toMatchObject({ trace_id: TRACE, span_id: child!.spanId });
  });
});

describe("a collector that never answers", () => {
  it("holds up no drain", async () => {
    const collector = createServer(() => {});
    await new Promise<void>((done) => collector.listen(0, "127.0.0.1", done));
    const { port } = collector.address() as AddressInfo;
    const server = await start({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` } });
    await server.get("/v1/catalogue");
    await until(() => server.log.find(({ msg }) => msg === "request completed"));
    await expect(open.pop()!.close()).resolves.toBeUndefined();
    collector.closeAllConnections();
    await new Promise((done) => collector.close(done));
  });
});

describe("roles", () => {
  it("leave out what a process does not run", async () => {
    const workers = await start({ env: { HAGGLE_ROLES: "workers" } });
    expect((await workers.get("/v1/channels/stable")).status).toBe(404);
    expect((await workers.get("/v1/catalogue")).status).toBe(404);
    expect((await workers.get("/livez")).status).toBe(200);
    expect((await workers.get("/readyz")).status).toBe(200);
    const routes = await start({ env: { HAGGLE_ROLES: "rollout, storefront" } });
    expect((await routes.get("/v1/channels/stable")).status).toBe(200);
    expect((await routes.get("/v1/catalogue")).status).toBe(200);
    await expect(start({ env: { HAGGLE_ROLES: "rollout,cooking" } })).rejects.toMatchObject({
      code: "SERVER_BAD_CONFIG",
      at: "HAGGLE_ROLES",
    });
  });

  it("let one process make what another sends", async () => {
    const heard: string[] = [];
    const receiver = createServer(async (request, response) => {
      heard.push(await text(request));
      response.writeHead(204).end();
    });
    await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
    const { port } = receiver.address() as AddressInfo;
    const routes = await start({ env: { HAGGLE_ROLES: "rollout" } });
    const headers = { authorization: `Bearer ${await readKey()}`, "content-type": "application/json" };
    const url = `http://127.0.0.1:${port}/`;
    const made = await routes.post("/v1/webhooks", { url, events: ["*"] }, headers);
    expect(made.status).toBe(201);
    const { webhook } = (await made.json()) as { webhook: { id: string } };
    const pinged = await fetch(`${routes.url}/v1/webhooks/${webhook.id}/ping`, {
      method: "POST",
      headers: { authorization: headers.authorization },
    });
    expect(pinged.status).toBe(202);
    expect(heard).toEqual([]);
    await start({ env: { HAGGLE_ROLES: "workers" } });
    await until(() => heard.some((body) => body.includes("webhook.ping")));
    receiver.closeAllConnections();
    await new Promise((done) => receiver.close(done));
  });
});
