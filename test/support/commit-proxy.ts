import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { testDatabaseUrl } from "./server.ts";

/** What a client of PostgreSQL sends to end a transaction, and what it is told when that is done. */
const COMMIT = Buffer.from("commit\0");
const DONE = ["COMMIT\0", "ROLLBACK\0"];

/**
 * The tests' database behind a network that breaks down at the worst moment: right after somebody was told that a
 * transaction is committed in which `mark` was sent, such as a piece of one of its statements.
 */
export async function startCommitProxy(mark: string) {
  const { host, port, url } = targetOf(testDatabaseUrl());
  const open = new Set<Socket>();
  let isArmed = false;
  let loses: "nothing" | "commit" | "answer" = "nothing";
  let isDown = false;
  /** What may still be said to the database. */
  let left = Number.POSITIVE_INFINITY;

  const proxy = createServer((client) => {
    if (isDown) return void client.destroy();
    const database = connect(join(host, `.s.PGSQL.${port}`));
    let isMarked = false;
    let isCommitting = false;
    client.on("data", (bytes) => {
      left -= 1;
      if (left < 0) return breakDown();
      isMarked ||= bytes.includes(mark);
      isCommitting = isMarked && bytes.includes(COMMIT);
      if (isArmed && isCommitting && loses === "commit") return breakDown();
      database.write(bytes);
    });
    database.on("data", (bytes) => {
      // The last statements go out with the commit, and are answered before it.
      const isDone = isCommitting && DONE.some((tag) => bytes.includes(tag));
      const breaks = isArmed && isDone;
      if (isDone) isMarked = isCommitting = false;
      if (breaks && loses === "answer") return breakDown();
      client.write(bytes, () => breaks && breakDown());
    });
    endTogether(client, database, open);
  });

  function breakDown(): void {
    isDown = true;
    for (const socket of open) socket.destroy();
  }

  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  url.host = `127.0.0.1:${(proxy.address() as { port: number }).port}`;
  return {
    url: url.href,
    isDown: () => isDown,
    /** Now, whatever is under way. */
    breakDown,
    /** From now on the next such commit is the last thing that anybody hears, or the first that does not arrive. */
    arm(lost: typeof loses = "nothing"): void {
      isArmed = true;
      loses = lost;
    },
    /** After so many messages of whoever talks to it. */
    breakAfter(messages: number): void {
      left = messages;
    },
    mend(): void {
      isArmed = false;
      left = Number.POSITIVE_INFINITY;
      isDown = false;
    },
    async close(): Promise<void> {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

/** Of a database behind a Unix socket, and the address without it. */
export function targetOf(address: string): { host: string; port: string; url: URL } {
  const url = new URL(address);
  const [host, port] = [url.searchParams.get("host"), url.searchParams.get("port")];
  if (host === null || port === null) throw new Error(`no Unix socket in ${url.pathname}`);
  url.search = "";
  return { host, port, url };
}

/** Two ends of one connection: where one closes, so does the other. `open` has those that are not closed. */
export function endTogether(one: Socket, two: Socket, open: Set<Socket>): void {
  for (const [socket, other] of [
    [one, two],
    [two, one],
  ] as const) {
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      open.delete(socket);
      other.destroy();
    });
  }
}
