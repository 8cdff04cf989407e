import { readFileSync } from "node:fs";
import type { StoredEvent } from "./outbox.ts";
import type { RedisClient } from "./redis.ts";

/** `left`: what a consumer took and was never done with. */
export type Taken = { kind: "busy" | "left" | "fresh"; events: StoredEvent[] };

/** `undone` is the first event that somebody has and is not done with. */
export type Group = { name: string; taken: number; undone: number | undefined };

/** `last` is the last event that ever was in it, `newest` the last one that is: others may have been trimmed away. */
type Look = { last: number; newest: number; groups: readonly Group[] };

/** Of one epoch of a tenant. */
export type Stream = { epoch: number; shard: number };

/** Beside this file, and beside the one that is built of all. */
const FOLDER = new URL("./outbox/", import.meta.url);
const KINDS = ["busy", "left", "fresh"] as const;

/** What is done with streams in Redis, each in one step. Each stream is in a slot of its own of a cluster. */
export function defineStreamScripts(redis: Pick<RedisClient, "define" | "client">, tenant: string) {
  const { client } = redis;
  const define = (name: string) =>
    redis.define(`haggleOutbox_${name}`, readFileSync(new URL(`${name}.lua`, FOLDER), "utf8"));
  const [add, take, done, look] = [define("add"), define("take"), define("done"), define("look")];
  const keyOf = ({ epoch, shard }: Stream) => `haggle:{${tenant}:events:${epoch}:${shard}}`;
  const keysOf = (stream: Stream, group: string) => [keyOf(stream), `${keyOf(stream)}:${group}`];

  return {
    /** @returns how many were new, undefined where the stream has lost something */
    async add(stream: Stream, last: number, events: readonly StoredEvent[]): Promise<number | undefined> {
      const told = events.flatMap((event) => [event.number, JSON.stringify(event)]);
      const added = Number(await add([keyOf(stream)], [last, ...told]));
      return added === -1 ? undefined : added;
    },
    /** The stream is the consumer's for `leaseMs`, or until he is done; where there is nothing, for nobody. @throws NOGROUP */
    async take(
      stream: Stream,
      group: string,
      { consumer, leaseMs, count }: { consumer: string; leaseMs: number; count: number },
    ): Promise<Taken> {
      const [kind, ...entries] = (await take(keysOf(stream, group), [group, consumer, leaseMs, count])) as [
        number,
        ...[id: string, text: string][],
      ];
      return { kind: KINDS[kind]!, events: entries.map(([, text]) => JSON.parse(text) as StoredEvent) };
    },
    async done(
      stream: Stream,
      group: string,
      { consumer, events }: { consumer: string; events: readonly StoredEvent[] },
    ): Promise<void> {
      await done(keysOf(stream, group), [group, consumer, ...events.map(({ number }) => idOf(number))]);
    },
    /** undefined where the stream is not there */
    async look(stream: Stream, idleMs: number): Promise<Look | undefined> {
      const [last, newest, ...groups] = (await look([keyOf(stream)], [idleMs])) as [
        string?,
        string?,
        ...(readonly [name: string, taken: string, undone: string])[],
      ];
      if (last === undefined || newest === undefined) return undefined;
      return {
        last: numberOf(last),
        newest: numberOf(newest),
        groups: groups.map(([name, taken, undone]) => ({
          name,
          taken: numberOf(taken),
          undone: undone === "" ? undefined : numberOf(undone),
        })),
      };
    },
    /** A group that has had all up to `number`; of one that is there nothing is changed. @throws where the stream is not there */
    async addGroup(stream: Stream, group: string, number: number): Promise<void> {
      await client.xgroup("CREATE", keyOf(stream), group, idOf(number)).catch(ignoreKnown);
    },
    /** Empty, with its groups. */
    async create(stream: Stream, groups: readonly { subscriber: string; number: number }[]): Promise<void> {
      await client.unlink(keyOf(stream));
      for (const { subscriber, number } of groups)
        await client.xgroup("CREATE", keyOf(stream), subscriber, idOf(number), "MKSTREAM");
    },
    async isThere(stream: Stream): Promise<boolean> {
      return (await client.exists(keyOf(stream))) > 0;
    },
    async remove(stream: Stream): Promise<void> {
      await client.unlink(keyOf(stream));
    },
    /** Whether this event is in it. */
    async has(stream: Stream, number: number): Promise<boolean> {
      return (await client.xrange(keyOf(stream), idOf(number), idOf(number))).length > 0;
    },
    /** Forgets what comes before `number`, and these groups, which may not have had it. */
    async trim(stream: Stream, number: number, left: readonly string[]): Promise<void> {
      for (const group of left) await client.xgroup("DESTROY", keyOf(stream), group);
      await client.xtrim(keyOf(stream), "MINID", idOf(number));
    },
  };
}

function idOf(number: number): string {
  return `${number}-0`;
}

function numberOf(id: string): number {
  return Number.parseInt(id, 10);
}

function ignoreKnown(cause: unknown): void {
  if (!(cause instanceof Error) || !cause.message.startsWith("BUSYGROUP")) throw cause;
}
