import { Readable } from "node:stream";
import type { ChannelEvent } from "./schema.ts";

/** Each open stream holds a socket and some kilobytes; more than this belongs behind a relay. */
const MAX_STREAMS = 1_000;
/** Below the usual idle limits of proxies (30 to 60 s). */
const HEARTBEAT_MS = 15_000;
/** How long a browser waits before it connects again. */
const RETRY_MS = 2_000;
/** A reader that has not taken this much is gone or stuck. An event has about 150 bytes. */
const MAX_UNREAD_BYTES = 16 * 1024;

/** The open event streams (Server-Sent Events) of one channel. */
export function createEventStreams() {
  const streams = new Set<Readable>();
  const heartbeat = setInterval(() => write(": still here\n\n"), HEARTBEAT_MS);
  heartbeat.unref();

  function write(text: string): void {
    for (const stream of streams) {
      if (stream.readableLength > MAX_UNREAD_BYTES) stream.destroy();
      else stream.push(text);
    }
  }

  return {
    /** A stream that begins with `event`, or undefined when too many are open. */
    open(event: ChannelEvent | undefined): Readable | undefined {
      if (streams.size >= MAX_STREAMS) return undefined;
      const stream = new Readable({ read() {} });
      streams.add(stream);
      stream.once("close", () => streams.delete(stream));
      stream.push(`retry: ${RETRY_MS}\n\n`);
      if (event !== undefined) stream.push(encodeEvent(event));
      return stream;
    },
    send: (event: ChannelEvent): void => write(encodeEvent(event)),
    close(): void {
      clearInterval(heartbeat);
      for (const stream of streams) stream.push(null);
    },
  };
}

function encodeEvent(event: ChannelEvent): string {
  return `event: channel\nid: ${event.version}\ndata: ${JSON.stringify(event)}\n\n`;
}
