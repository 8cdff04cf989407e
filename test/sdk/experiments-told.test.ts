import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { HaggleError } from "@haggle/abi";
import { type ConsentStorage, clientExperiments, type ExperimentsHost } from "@haggle/sdk/experiments-client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createExposureQueue } from "../../sdk/src/experiments/client/exposures.ts";
import { experiments, sign, trusted } from "../support/documents.ts";
import { until } from "../support/server.ts";
import { createWebStorage } from "../support/web-storage.ts";

// Experiments of a client whose server says what it likes, or nothing.

type Told = { assignment: string; exposures: { experiment: string; variant: string; agoMs: number }[] };

let server: Server;
let url: string;
/** Of exposures: answers one after another, the last for all that follow; none where the status is 0. */
let answers: { status: number; body?: object }[];
let told: Told[];
/** What the server says experiments are. */
let document: Uint8Array | undefined;
const errors: string[] = [];

beforeEach(async () => {
  answers = [{ status: 202, body: { accepted: 1, refused: [] } }];
  told = [];
  document = undefined;
  errors.length = 0;
  server = createServer(async (request, response) => {
    if (request.method === "GET") {
      response.writeHead(document === undefined ? 204 : 200).end(document);
      return;
    }
    told.push(JSON.parse(await text(request)) as Told);
    const { status, body = {} } = answers.length > 1 ? answers.shift()! : answers[0]!;
    if (status === 0) return;
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await until(() => server.listening);
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const failed = ({ code, value }: HaggleError) =>
  void errors.push(value === undefined ? code : `${code} ${value}`);
const session = { unit: "u-1", token: "t-1" };
const exposure = (n: number, more: object = {}) => ({
  experiment: `e-${n}`,
  variant: "b",
  unit: session.unit,
  at: Date.now(),
  ...more,
});

function open(known: () => typeof session | undefined = () => session) {
  return createExposureQueue({ url, session: known, failed });
}

describe("exposures that wait", () => {
  it("go fifty at a time, by how long ago they were", async () => {
    const queue = open();
    for (let n = 0; n < 120; n++) queue.offer(exposure(n, { at: Date.now() - 60_000 }));
    queue.flush();
    await until(() => queue.counts.sent === 120);
    expect(told.map(({ exposures }) => exposures.length)).toEqual([50, 50, 20]);
    expect(told[0]!.assignment).toBe("t-1");
    expect(told[0]!.exposures[0]!.agoMs).toBeGreaterThanOrEqual(60_000);
    queue.close();
  });

  it("stay until the server takes them", async () => {
    answers = [
      { status: 503 },
      { status: 429 },
      { status: 202, body: { accepted: 2, refused: [{ index: 0 }] } },
    ];
    const queue = open();
    for (let n = 0; n < 3; n++) queue.offer(exposure(n));
    for (const sent of [1, 2, 3]) {
      queue.flush();
      await until(
        () => told.length === sent && (sent < 3 ? queue.counts.queued === 3 : queue.counts.queued === 0),
      );
    }
    expect(queue.counts).toEqual({ queued: 0, sent: 2, dropped: 0, refused: 1 });
    expect(errors).toEqual([]);
    queue.close();
  });

  it("wait no longer for a server that takes them and never answers", async () => {
    const ending = new AbortController();
    vi.spyOn(AbortSignal, "timeout").mockReturnValueOnce(ending.signal);
    answers = [{ status: 0 }, { status: 202, body: { accepted: 1, refused: [] } }];
    const queue = open();
    queue.offer(exposure(1));
    queue.flush();
    await until(() => told.length === 1);
    vi.restoreAllMocks();
    ending.abort();
    await until(() => {
      queue.flush();
      return queue.counts.sent === 1;
    });
    queue.close();
  });

  it("are counted and told when they do not fit, or are refused for good", async () => {
    const queue = open();
    const offered = Array.from({ length: 502 }, (_, n) => queue.offer(exposure(n)));
    expect(offered.filter((isKept) => !isKept).length).toBe(2);
    expect(errors).toEqual(["CLIENT_EXPOSURES_LOST 1", "CLIENT_EXPOSURES_LOST 2"]);
    answers = [{ status: 400 }, { status: 202, body: { accepted: 50, refused: [] } }];
    queue.flush();
    await until(() => queue.counts.queued === 0);
    expect(queue.counts).toEqual({ queued: 0, sent: 450, dropped: 52, refused: 0 });
    expect(errors.at(-1)).toBe("CLIENT_EXPOSURES_LOST 52");
    queue.close();
  });

  it("of another unit than the token's are told no more", async () => {
    const queue = open();
    queue.offer(exposure(1, { unit: "before" }));
    queue.offer(exposure(2));
    queue.flush();
    await until(() => queue.counts.sent === 1);
    expect([told[0]!.exposures.map(({ experiment }) => experiment), errors]).toEqual([
      ["e-2"],
      ["CLIENT_EXPOSURES_LOST 1"],
    ]);
    queue.close();
  });
});

describe("the document of a client", () => {
  const now = Date.now();
  const current = { ...experiments, issued: now - 1_000, expires: now + 3_600_000 };
  const [first] = current.experiments;
  const key = first!.key;

  async function follow() {
    const closing = new AbortController();
    const host: ExperimentsHost = {
      ...{ url, channel: current.channel, signal: closing.signal },
      trusted: () => trusted,
      session: () => session,
      changed: () => {},
      failed: (error, alarm) => void errors.push(`${error.code}${alarm ? " alarm" : ""}`),
    };
    const client = clientExperiments();
    client.start(host);
    await client.ready();
    return { client, closing };
  }

  it("is never older than the one before, and nothing else of its version", async () => {
    const later = { ...current, version: current.version + 1 };
    document = await sign(later);
    const { client, closing } = await follow();
    expect(client.signed?.version).toBe(later.version);
    document = await sign(current);
    client.told();
    await until(() => errors.length === 1);
    document = await sign({ ...later, experiments: [] });
    client.told();
    await until(() => errors.length === 2);
    expect(errors).toEqual(["DOCUMENT_ROLLBACK alarm", "DOCUMENT_EQUIVOCATION alarm"]);
    expect(client.signed?.experiments.map((each) => each.key)).toContain(key);
    closing.abort();
  });

  it("is refused of another channel, without a signature, or when it has ended", async () => {
    document = await sign({ ...current, channel: "beta" });
    const { client, closing } = await follow();
    document = await sign({ ...current, issued: 1, expires: 2 });
    client.told();
    await until(() => errors.length === 2);
    document = new TextEncoder().encode("<html>");
    client.told();
    await until(() => errors.length === 3);
    expect(errors.slice(0, 2)).toEqual(["DOCUMENT_WRONG_CHANNEL alarm", "DOCUMENT_EXPIRED"]);
    expect([client.signed, client.assign(key).variant]).toEqual([undefined, undefined]);
    closing.abort();
  });

  it("comes with the page, and is verified all the same", async () => {
    const given = new TextDecoder().decode(await sign(current));
    for (const [text, version] of [
      [given, current.version],
      [given.replace(/"payload":"./, '"payload":"x'), undefined],
    ] as const) {
      const closing = new AbortController();
      const client = clientExperiments({ document: text });
      client.start({
        ...{ url, channel: current.channel, signal: closing.signal, changed: () => {}, failed },
        trusted: () => trusted,
        session: () => undefined,
      });
      await client.ready();
      expect(client.signed?.version).toBe(version);
      closing.abort();
    }
  });
});

describe("a storage that is not what a page has", () => {
  const now = Date.now();
  const current = { ...experiments, issued: now - 1_000, expires: now + 3_600_000 };

  async function follow(storage: ConsentStorage) {
    document = await sign(current);
    const closing = new AbortController();
    const client = clientExperiments({ storage });
    client.start({
      ...{ url, channel: current.channel, signal: closing.signal, changed: () => {}, failed },
      trusted: () => trusted,
      session: () => session,
    });
    await client.ready();
    return { client, closing };
  }

  it("loses what is ours when consent is taken back, though it cannot be listed", async () => {
    const { texts, getItem, setItem, removeItem } = createWebStorage();
    const places = ["haggle-experiments/stable", "haggle-assignment/stable", "haggle-sticky/session||u-1"];
    for (const place of [...places, "the-page's-own"]) texts.set(place, "{}");
    const { client, closing } = await follow({ getItem, setItem, removeItem });
    client.storage.getItem(places[2]!);
    client.setConsent(false);
    expect([...texts.keys()]).toEqual(["the-page's-own"]);
    closing.abort();
  });

  it("and refuses everything, keeps nothing and holds nobody up", async () => {
    const refuseAll = (): never => {
      throw new Error("no storage here");
    };
    const { client, closing } = await follow({
      ...{ getItem: refuseAll, setItem: refuseAll, removeItem: refuseAll, key: refuseAll },
      get length(): number {
        throw new DOMException("no", "SecurityError");
      },
    });
    expect(client.signed?.version).toBe(current.version);
    document = await sign({ ...current, version: current.version + 1 });
    client.told();
    await until(() => client.signed?.version === current.version + 1);
    client.setConsent(false);
    client.setConsent(true);
    closing.abort();
  });
});
