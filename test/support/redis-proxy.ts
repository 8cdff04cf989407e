import { connect, createServer, type Socket } from "node:net";

/** A command that is cut off: before Redis hears of it, or behind that and before its answer is heard. */
export type RedisCut = "unsent" | "unanswered";

type Link = { client: Socket; redis: Socket /** The next answer is lost. */; isMute: boolean };

/** A script, by its digest or whole, or the command that tests count by; not what a connection begins with. */
const COMMANDS = /\r\n(?:evalsha|eval|incrby)\r\n/;

/** A network before a Redis that loses, holds and slows what goes through it. */
export async function startRedisProxy(port: number) {
  const links = new Set<Link>();
  let cuts: RedisCut[] = [];
  let delayMs = 0;
  let isDeaf = false;

  const proxy = createServer((client) => {
    const link: Link = { client, redis: connect(port, "127.0.0.1"), isMute: false };
    links.add(link);
    const toRedis = createPipe(link, (bytes) => {
      const isCommand = cuts.length > 0 && COMMANDS.test(bytes.toString("latin1"));
      if (!isCommand) return void link.redis.write(bytes);
      const cut = cuts.shift();
      if (cut === "unsent") return destroy(link);
      link.isMute = true;
      link.redis.write(bytes);
    });
    const toClient = createPipe(link, (bytes) => {
      if (link.isMute) return destroy(link);
      link.client.write(bytes);
    });
    client.on("data", toRedis);
    link.redis.on("data", toClient);
    for (const socket of [link.client, link.redis]) {
      socket.on("error", () => {});
      socket.on("close", () => !isDeaf && destroy(link));
    }
  });

  /** In order, and as late as the network is slow. */
  function createPipe(link: Link, pass: (bytes: Buffer) => void): (bytes: Buffer) => void {
    let last: Promise<void> = Promise.resolve();
    return (bytes) => {
      if (isDeaf) return;
      const until = performance.now() + delayMs;
      last = last.then(async () => {
        const restMs = until - performance.now();
        if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
        if (links.has(link)) pass(bytes);
      });
    };
  }

  function destroy(link: Link): void {
    links.delete(link);
    link.client.destroy();
    link.redis.destroy();
  }

  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const { port: own } = proxy.address() as { port: number };
  return {
    url: `redis://127.0.0.1:${own}`,
    /** The next commands, one for each. */
    cut(...more: RedisCut[]): void {
      cuts.push(...more);
    },
    countCuts: (): number => cuts.length,
    /** Each byte comes so much later, each way. */
    slow(ms: number): void {
      delayMs = ms;
    },
    /** Loses everything, both ways, and neither side hears of it. */
    deafen(): void {
      isDeaf = true;
    },
    heal(): void {
      if (isDeaf) for (const link of links) destroy(link);
      isDeaf = false;
      delayMs = 0;
      cuts = [];
    },
    async close(): Promise<void> {
      for (const link of links) destroy(link);
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
