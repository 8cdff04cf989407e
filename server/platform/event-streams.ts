import { Readable } from "node:stream";

/** Each open stream holds a socket and some kilobytes; more than this belongs behind a relay. */
const MAX_STREAMS = 1_000;
/**
 * Of them, so that nobody takes all: an office of shoppers; those beyond poll. Behind a proxy that is not one of
 * HAGGLE_TRUSTED_PROXIES all the world is one address.
 */
const MAX_STREAMS_PER_ADDRESS = 50;
/** Below the usual idle limits of proxies (30 to 60 s). */
const HEARTBEAT_MS = 15_000;
/** How long a browser waits before it connects again. */
const RETRY_MS = 2_000;
/**
 * What waits for one reader at most, beside the event that goes beyond it. The stream's own mark too: below a higher one it
 * would never ask again.
 */
const MAX_UNREAD_BYTES = 16 * 1024;
/** A reader that has taken nothing through so many heartbeats is gone. */
const MAX_MISSED = 4;

/** `id` is what a reader that comes again says it had last; an event without one is told to whoever comes. */
export type StreamEvent = { name: string; id?: number | string; data: object };

type Stream = {
  address: string;
  channel: string;
  readable: Readable;
  /** Of heartbeats, since it was left behind. Undefined while it keeps up. */
  missed: number | undefined;
};

/**
 * The open event streams (Server-Sent Events) of all channels. For a reader that does not keep up nothing is kept: when it
 * reads again it is told to fetch, by the text `refetch`, which gives it the newest of everything at once.
 */
export function createEventStreams(refetch = "event: refetch\ndata:\n\n", heartbeatMs = HEARTBEAT_MS) {
  const streams = new Set<Stream>();
  const heartbeat = setInterval(beat, heartbeatMs);
  heartbeat.unref();

  function beat(): void {
    for (const stream of streams) {
      if (stream.missed === undefined) write(stream, ": still here\n\n");
      else if (++stream.missed > MAX_MISSED) stream.readable.destroy();
    }
  }

  function countOf(address: string): number {
    let count = 0;
    for (const stream of streams) if (stream.address === address) count++;
    return count;
  }

  function write(stream: Stream, text: string | Buffer): void {
    if (stream.missed !== undefined) return;
    if (stream.readable.readableLength > MAX_UNREAD_BYTES) stream.missed = 0;
    else stream.readable.push(text);
  }

  /** The reader has taken what there was. */
  function takeUp(stream: Stream): void {
    if (stream.missed === undefined) return;
    stream.missed = undefined;
    stream.readable.push(refetch);
  }

  return {
    /**
     * A stream that begins with the newest `events`, but for the one the reader had last; undefined when too many are open,
     * of all or of this address.
     */
    open(
      address: string,
      channel: string,
      events: readonly StreamEvent[],
      lastEventId: string | undefined,
    ): Readable | undefined {
      if (streams.size >= MAX_STREAMS || countOf(address) >= MAX_STREAMS_PER_ADDRESS) return undefined;
      const readable = new Readable({ highWaterMark: MAX_UNREAD_BYTES, read: () => takeUp(stream) });
      const stream: Stream = { address, channel, readable, missed: undefined };
      streams.add(stream);
      readable.once("close", () => streams.delete(stream));
      readable.push(`retry: ${RETRY_MS}\n\n`);
      for (const event of events) {
        if (event.id === undefined || String(event.id) !== lastEventId) readable.push(encodeEvent(event));
      }
      return readable;
    },
    /** How many read what is sent to a channel. */
    readersOf(channel: string): number {
      let count = 0;
      for (const stream of streams) if (stream.channel === channel) count++;
      return count;
    },
    send(channel: string, event: StreamEvent): void {
      // The same bytes for everybody.
      const bytes = Buffer.from(encodeEvent(event));
      for (const stream of streams) if (stream.channel === channel) write(stream, bytes);
    },
    close(): void {
      clearInterval(heartbeat);
      for (const { readable } of streams) readable.push(null);
    },
  };
}

export function encodeEvent({ name, id, data }: StreamEvent): string {
  return `event: ${name}\n${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
