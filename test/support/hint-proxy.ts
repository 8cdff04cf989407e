import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { endTogether, targetOf } from "./commit-proxy.ts";
import { testDatabaseUrl } from "./server.ts";

/** What the connection that listens calls itself. */
const LISTENER = Buffer.from("haggle-listener\0");
/** The kind of a message that tells of a `notify`. */
const NOTIFICATION = "A".charCodeAt(0);
/** Its kind, and the length of all behind that. */
const HEADER_BYTES = 5;

/** `swallow`: a connection that listens hears answers, and no notification; `refuse`: there is none. */
export type HintLoss = "swallow" | "refuse";

/** The tests' database behind a network by which no hint arrives. All else goes through. */
export async function startHintProxy(loss: HintLoss) {
  const { host, port, url } = targetOf(testDatabaseUrl());
  const open = new Set<Socket>();
  let lost = 0;

  const proxy = createServer((client) => {
    const database = connect(join(host, `.s.PGSQL.${port}`));
    let isListener: boolean | undefined;
    const drop = createFilter(() => {
      lost += 1;
    });
    client.on("data", (bytes: Buffer) => {
      isListener ??= bytes.includes(LISTENER);
      if (isListener && loss === "refuse") {
        lost += 1;
        client.destroy();
      } else database.write(bytes);
    });
    database.on("data", (bytes: Buffer) => client.write(isListener ? drop(bytes) : bytes));
    endTogether(client, database, open);
  });

  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  url.host = `127.0.0.1:${(proxy.address() as { port: number }).port}`;
  return {
    url: url.href,
    /** How many hints, or connections that were to bring some. */
    countLost: (): number => lost,
    async close(): Promise<void> {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

/** Takes what a database sends, in whatever pieces it comes; gives whole messages back, without notifications. */
function createFilter(onLost: () => void): (bytes: Buffer) => Buffer {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const passed: Buffer[] = [];
    while (rest.length >= HEADER_BYTES) {
      const end = 1 + rest.readUInt32BE(1);
      if (rest.length < end) break;
      if (rest[0] === NOTIFICATION) onLost();
      else passed.push(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
    return Buffer.concat(passed);
  };
}
