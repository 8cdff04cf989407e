import pg from "pg";
import type { Logger } from "pino";

type Options = { url: string; tenant: string; log: Logger };

const RETRY_MS = 1_000;
const CONNECT_TIMEOUT_MS = 5_000;
const TOPIC = /^[a-z_]+$/;

/** One connection for all topics, opened with the first and opened again whenever it is lost. */
export function createListener({ url, tenant, log }: Options) {
  const topics = new Map<string, Set<() => void>>();
  let client: pg.Client | undefined;
  let opening: Promise<void> | undefined;
  let retry: NodeJS.Timeout | undefined;
  let adding = Promise.resolve();
  let isClosed = false;

  function open(): void {
    if (isClosed || client !== undefined || opening !== undefined) return;
    opening = connect()
      .catch((cause: unknown) => {
        if (!isClosed) log.debug({ err: cause }, "hints of the database are not heard");
        lose();
      })
      .finally(() => {
        opening = undefined;
      });
  }

  async function connect(): Promise<void> {
    const next = new pg.Client({
      connectionString: url,
      application_name: "haggle-listener",
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    next.on("error", lose);
    next.on("end", lose);
    next.on("notification", ({ channel, payload }) => {
      if (payload === tenant) for (const listener of topics.get(channel) ?? []) listener();
    });
    client = next;
    await next.connect();
    for (const topic of topics.keys()) await next.query(`listen ${topic}`);
    // What was said while nobody listened is not told again.
    for (const listeners of topics.values()) for (const listener of listeners) listener();
  }

  /** A connection asks one thing at a time. */
  async function add(name: string): Promise<void> {
    await opening;
    await client?.query(`listen ${name}`);
  }

  function lose(): void {
    client?.removeAllListeners();
    client?.on("error", () => {});
    void client?.end().catch(() => {});
    client = undefined;
    clearTimeout(retry);
    if (!isClosed) retry = setTimeout(open, RETRY_MS).unref();
  }

  return {
    listen(topic: string, listener: () => void): () => void {
      if (!TOPIC.test(topic)) throw new TypeError(`not a topic: ${topic}`);
      const name = `haggle_${topic}`;
      const listeners = topics.get(name) ?? new Set();
      const isNew = !topics.has(name);
      topics.set(name, listeners.add(listener));
      if (client === undefined) open();
      else if (isNew) adding = adding.then(() => add(name)).catch(lose);
      return () => listeners.delete(listener);
    },
    async close(): Promise<void> {
      isClosed = true;
      clearTimeout(retry);
      await opening;
      const last = client;
      client = undefined;
      last?.removeAllListeners();
      last?.on("error", () => {});
      await last?.end().catch(() => {});
    },
  };
}
