import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";

/** What a client of PostgreSQL sends to end a transaction. */
const COMMIT = Buffer.from("commit\0");

/** Where a transaction that is meant is cut off: before the database hears of the commit, or right behind that, or before its answer. */
export type Cut = "unsent" | "sent" | "answered";

type Link = {
  client: Socket;
  database: Socket;
  /** Its transaction is one that is meant. */
  isMarked: boolean;
  isCommitting: boolean;
};

/**
 * A network before a database that loses, holds and slows what goes through it. The database is behind a Unix socket.
 *
 * @param marks are in the names of statements of the transactions that are cut, one in each
 */
export async function startDatabaseProxy(address: string, marks: readonly string[]) {
  const url = new URL(address);
  const [host, port] = [url.searchParams.get("host"), url.searchParams.get("port")];
  if (host === null || port === null) throw new Error(`no Unix socket in ${url.pathname}`);
  url.search = "";
  const links = new Set<Link>();
  let cuts: Cut[] = [];
  let state: "open" | "frozen" | "deaf" = "open";
  let delayMs = 0;
  let thaw: () => void = () => {};
  let thawed: Promise<void> = Promise.resolve();

  const proxy = createServer((client) => {
    const link = {
      client,
      database: connect(join(host, `.s.PGSQL.${port}`)),
      isMarked: false,
      isCommitting: false,
    };
    links.add(link);
    const toDatabase = createPipe(link, (bytes) => {
      link.isMarked ||= marks.some((mark) => bytes.includes(mark));
      link.isCommitting = link.isMarked && bytes.includes(COMMIT);
      if (!link.isCommitting) return void link.database.write(bytes);
      link.isMarked = false;
      if (takeCut("unsent")) return destroy(link);
      link.database.write(bytes, () => takeCut("sent") && destroy(link));
    });
    const toClient = createPipe(link, (bytes) => {
      const isAnswer = link.isCommitting;
      link.isCommitting = false;
      if (isAnswer && takeCut("answered")) return destroy(link);
      link.client.write(bytes);
    });
    client.on("data", toDatabase);
    link.database.on("data", toClient);
    for (const socket of [link.client, link.database]) {
      socket.on("error", () => {});
      socket.on("close", () => state !== "deaf" && destroy(link));
    }
  });

  /** In order, as late as the network is slow, and never while it is broken. */
  function createPipe(link: Link, pass: (bytes: Buffer) => void): (bytes: Buffer) => void {
    let last: Promise<void> = Promise.resolve();
    return (bytes) => {
      if (state === "deaf") return;
      const until = performance.now() + delayMs;
      last = last.then(async () => {
        const restMs = until - performance.now();
        if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
        await thawed;
        if (links.has(link)) pass(bytes);
      });
    };
  }

  function takeCut(where: Cut): boolean {
    if (cuts[0] !== where) return false;
    cuts = cuts.slice(1);
    return true;
  }

  function destroy(link: Link): void {
    links.delete(link);
    link.client.destroy();
    link.database.destroy();
  }

  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  url.host = `127.0.0.1:${(proxy.address() as { port: number }).port}`;
  return {
    url: url.href,
    /** The next commits of what is meant, one for each. */
    cut(...more: Cut[]): void {
      cuts = [...cuts, ...more];
    },
    /** How many cuts have not happened yet. */
    countCuts: (): number => cuts.length,
    /** Holds everything, both ways. */
    freeze(): void {
      state = "frozen";
      thawed = new Promise((resolve) => {
        thaw = resolve;
      });
    },
    /** Loses everything, both ways, and neither side hears of it. */
    deafen(): void {
      state = "deaf";
    },
    /** Each byte comes so much later, each way. */
    slow(ms: number): void {
      delayMs = ms;
    },
    /** What was held goes on; connections of which something was lost are reset. */
    heal(): void {
      if (state === "deaf") for (const link of links) destroy(link);
      state = "open";
      delayMs = 0;
      cuts = [];
      thaw();
      thawed = Promise.resolve();
    },
    async close(): Promise<void> {
      thaw();
      for (const link of links) destroy(link);
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
