import type { HaggleEvents } from "./haggle.ts";

type Event = keyof HaggleEvents;
type Listener<E extends Event> = (...told: HaggleEvents[E]) => void;

/** Who listens to a client. */
export function createListeners() {
  const listeners: { [E in Event]: Set<Listener<E>> } = {
    update: new Set(),
    error: new Set(),
    stale: new Set(),
  };

  function on<E extends Event>(event: E, listener: Listener<E>): () => void {
    // Of its own, so that whoever listens twice goes once for each time.
    const own: Listener<E> = (...told) => listener(...told);
    listeners[event].add(own);
    return () => void listeners[event].delete(own);
  }

  function tell<E extends Event>(event: E, ...told: HaggleEvents[E]): void {
    for (const listener of [...listeners[event]]) {
      attempt(() => listener(...told));
    }
  }

  return { on, tell };
}

/** Calls what is the page's. What it throws is a bug of the page, which hears of it as of any other, and stops nobody here. */
export function attempt(call: () => void): void {
  try {
    call();
  } catch (cause) {
    queueMicrotask(() => {
      throw cause;
    });
  }
}
