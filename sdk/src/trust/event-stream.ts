import { backOffMs } from "./back-off.ts";

/** Server-Sent Events by fetch: the same in browsers and in Node, where there is no `EventSource`. */
export type EventStream = {
  /** Whether the server is being heard. */
  readonly isOpen: boolean;
  close(): void;
};

type Hooks = {
  /** Each event. Nothing of it is to be believed. */
  onEvent: (name: string, data: string) => void;
  /** The stream that was open is so no more; another try comes by itself. */
  onLost: () => void;
};

type Timing = {
  retryMs?: number;
  /** A stream on which nothing has come for so long, not even a heartbeat, is dead though its socket is open. */
  silenceMs?: number;
};

const RETRY_MS = 1_000;
const RETRY_CAP_MS = 60_000;
/** A server's heartbeat comes every 15 s. */
const SILENCE_MS = 45_000;
/** No event has as much; a source that never ends one must not fill the memory. */
const MAX_EVENT = 131_072;
/** A server's way to say that there is no such stream, and never will be. */
const NO_STREAM = 204;

/**
 * Listens until it is closed: connects again when the stream ends, breaks off or falls silent. `Last-Event-ID` is not sent:
 * from another origin it would need a permission first, and a client that connects again looks in any case.
 */
export function openEventStream(url: string, hooks: Hooks, timing: Timing = {}): EventStream {
  const { retryMs = RETRY_MS, silenceMs = SILENCE_MS } = timing;
  const closing = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let isOpen = false;

  /** One connection, from its beginning to its end. False when there is nothing to wait for. */
  async function follow(): Promise<boolean> {
    const connection = new AbortController();
    const abort = () => connection.abort();
    closing.signal.addEventListener("abort", abort);
    let silence = setTimeout(abort, silenceMs);
    try {
      const response = await fetch(url, {
        signal: connection.signal,
        headers: { accept: "text/event-stream" },
        cache: "no-store",
      });
      if (!isEventStream(response)) {
        await response.body?.cancel();
        return response.status !== NO_STREAM;
      }
      isOpen = true;
      for await (const { name, data } of readEvents(response.body!.getReader(), heard)) {
        if (closing.signal.aborted) break;
        failures = 0;
        hooks.onEvent(name, data);
      }
      return true;
    } catch {
      // A network is like that; whoever polls tells it.
      return true;
    } finally {
      clearTimeout(silence);
      connection.abort();
      closing.signal.removeEventListener("abort", abort);
    }

    function heard(): void {
      clearTimeout(silence);
      silence = setTimeout(abort, silenceMs);
    }
  }

  async function run(): Promise<void> {
    const goesOn = await follow();
    const wasOpen = isOpen;
    isOpen = false;
    if (closing.signal.aborted) return;
    if (goesOn) timer = setTimeout(run, backOffMs(retryMs, RETRY_CAP_MS, failures++));
    if (wasOpen) hooks.onLost();
  }

  void run();
  return {
    get isOpen() {
      return isOpen;
    },
    close() {
      clearTimeout(timer);
      closing.abort();
    },
  };
}

function isEventStream({ ok, headers, body }: Response): boolean {
  return ok && body !== null && /^text\/event-stream\b/i.test(headers.get("content-type") ?? "");
}

/** The events of a stream, as the HTML standard reads them; comments are heartbeats. */
async function* readEvents(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  heard: () => void,
): AsyncGenerator<{ name: string; data: string }> {
  const decoder = new TextDecoder();
  let rest = "";
  let name = "";
  let data: string[] = [];
  let length = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    heard();
    rest += decoder.decode(part.value, { stream: true });
    // A CR at the end may be half of a line's end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop()!;
    for (const line of lines) {
      length += line.length;
      if (line === "") {
        if (data.length > 0) yield { name: name || "message", data: data.join("\n") };
        name = "";
        data = [];
        length = 0;
      } else if (/^data(:|$)/.test(line)) data.push(line.replace(/^data:? ?/, ""));
      else if (/^event(:|$)/.test(line)) name = line.replace(/^event:? ?/, "");
    }
    if (length + rest.length > MAX_EVENT) return;
  }
}
