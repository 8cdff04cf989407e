type Options = {
  windowMs: number;
  /** Keys that are counted. Beyond it the one that came longest ago is forgotten, so that no memory grows. */
  capacity: number;
  /** Milliseconds that never go back. */
  now?: () => number;
};

type Window = { count: number; endsAt: number };

/** Counts by key in windows that begin with the first of each. Without a promise: every request comes by. */
export function createRateCounter({ windowMs, capacity, now = () => performance.now() }: Options) {
  /** The last that came behind. */
  const windows = new Map<string, Window>();

  function open(key: string, at: number): Window {
    const known = windows.get(key);
    if (known !== undefined) {
      windows.delete(key);
      if (known.endsAt > at) return known;
    } else if (windows.size >= capacity) {
      windows.delete(windows.keys().next().value!);
    }
    return { count: 0, endsAt: at + windowMs };
  }

  return {
    /** @returns how many it is with these, and in how many seconds that is forgotten */
    add(key: string, by = 1): { count: number; resetsInS: number } {
      const at = now();
      const window = open(key, at);
      window.count += by;
      windows.set(key, window);
      return { count: window.count, resetsInS: Math.ceil((window.endsAt - at) / 1_000) };
    },
    /** As it is, without one more. */
    look(key: string): { count: number; resetsInS: number } {
      const at = now();
      const known = windows.get(key);
      if (known === undefined || known.endsAt <= at) return { count: 0, resetsInS: 0 };
      return { count: known.count, resetsInS: Math.ceil((known.endsAt - at) / 1_000) };
    },
  };
}
