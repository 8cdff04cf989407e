import { type HaggleError, refuse } from "@haggle/abi";
import { backOffMs } from "../../trust/back-off.ts";

/** That a unit was priced in a variant that counts. */
export type Exposure = { experiment: string; variant: string; unit: string /** Epoch ms. */; at: number };

/**
 * How many there are: waiting; taken by the server, or by the browser as a beacon, of which nobody learns whether it arrived;
 * taken by nobody; and refused as not the unit's.
 */
export type ExposureCounts = { queued: number; sent: number; dropped: number; refused: number };

type Options = {
  /** Of the server; undefined where there is none to tell. */
  url: string | undefined;
  session: () => { unit: string; token: string } | undefined;
  /** Told with CLIENT_EXPOSURES_LOST whenever some are. */
  failed: (error: HaggleError) => void;
};

/** Some pages of an eager shopper in all experiments that a shop runs at a time. */
const MAX_QUEUED = 500;
/** As many as the server takes at a time. */
const MAX_BATCH = 50;
/** A page prices several carts when it opens. */
const GATHER_MS = 1_000;
const RETRY_MS = 2_000;
const RETRY_CAP_MS = 120_000;
/** Whoever takes longer is asked again: until then everything else waits. */
const TIMEOUT_MS = 30_000;
/** Of one batch: about half an hour. */
const MAX_TRIES = 20;
/** What another try may change: the token, a crowd. All other refusals are for good. */
const PASSING = [403, 408, 425, 429];

/**
 * Tells the server of exposures, some at a time: by a request that outlives the page, and by a beacon when the page goes out
 * of sight, after which there may be no later. What does not fit, or is refused again and again, is counted and told.
 */
export function createExposureQueue({ url, session, failed }: Options) {
  let queue: Exposure[] = [];
  let sending: readonly Exposure[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let isClosed = false;
  const counts = { sent: 0, dropped: 0, refused: 0 };

  /** @returns whether it is kept until somebody has taken it */
  function offer(exposure: Exposure): boolean {
    if (isClosed || url === undefined) return false;
    if (queue.length >= MAX_QUEUED) {
      lose(1);
      return false;
    }
    queue.push(exposure);
    if (timer === undefined && sending.length === 0) sendIn(GATHER_MS);
    return true;
  }

  function sendIn(waitMs: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void send(), waitMs);
  }

  async function send(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const batch = takeable();
    if (sending.length > 0 || batch === undefined) return;
    sending = batch.exposures;
    const outcome = await post(batch.body);
    // It may have gone by a beacon meanwhile, or been dropped.
    const left = queue.filter((each) => sending.includes(each));
    sending = [];
    if (outcome === "again" && ++failures < MAX_TRIES) {
      if (!isClosed) sendIn(backOffMs(RETRY_MS, RETRY_CAP_MS, failures - 1));
      return;
    }
    failures = 0;
    queue = queue.filter((each) => !left.includes(each));
    if (typeof outcome === "string") lose(left.length);
    else {
      const refused = Math.min(outcome.refused, left.length);
      counts.sent += left.length - refused;
      counts.refused += refused;
    }
    if (queue.length > 0 && !isClosed) sendIn(0);
  }

  /** Of the unit that the token proves; those of another one can be told no more. */
  function takeable(): { exposures: Exposure[]; body: string } | undefined {
    const known = session();
    if (known === undefined) return undefined;
    const own = queue.filter(({ unit }) => unit === known.unit);
    if (own.length < queue.length) {
      lose(queue.length - own.length);
      queue = own;
    }
    if (own.length === 0) return undefined;
    const exposures = own.slice(0, MAX_BATCH);
    const now = Date.now();
    // How long ago, as a phone's clock is whatever it is.
    const told = exposures.map(({ experiment, variant, at }) => ({
      experiment,
      variant,
      agoMs: Math.max(0, Math.round(now - at)),
    }));
    return { exposures, body: JSON.stringify({ assignment: known.token, exposures: told }) };
  }

  async function post(body: string): Promise<"again" | "never" | { refused: number }> {
    try {
      // A text goes to another origin without asking first.
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(`${url}/v1/exposures`, { method: "POST", body, keepalive: true, signal });
      const told = response.ok ? ((await response.json()) as { refused?: unknown }) : undefined;
      if (told !== undefined) return { refused: Array.isArray(told.refused) ? told.refused.length : 0 };
      await response.body?.cancel();
      return response.status >= 500 || PASSING.includes(response.status) ? "again" : "never";
    } catch {
      // A network is like that, and a proxy that answers with a page.
      return "again";
    }
  }

  /** What the browser takes it sends, though the page is gone. The server counts what it is told twice once. */
  function beacon(): void {
    if (typeof navigator === "undefined" || typeof navigator.sendBeacon !== "function") return void send();
    // A browser takes a beacon though there is no network, and nobody learns that it was lost.
    if (navigator.onLine === false) return;
    for (let batch = takeable(); batch !== undefined; batch = takeable()) {
      if (!navigator.sendBeacon(`${url}/v1/exposures`, batch.body)) return void send();
      const { exposures } = batch;
      queue = queue.filter((each) => !exposures.includes(each));
      counts.sent += exposures.length;
    }
  }

  function lose(count: number): void {
    if (count === 0) return;
    counts.dropped += count;
    failed(refuse("CLIENT_EXPOSURES_LOST", "exposures", counts.dropped));
  }

  return {
    offer,
    flush: (): void => void send(),
    beacon,
    /** Forgets what waits: nobody wants it told any more. */
    clear(): void {
      clearTimeout(timer);
      timer = undefined;
      queue = [];
    },
    /** Sends what waits, and takes nothing more. */
    close(): void {
      if (isClosed) return;
      beacon();
      isClosed = true;
      clearTimeout(timer);
    },
    get counts(): ExposureCounts {
      return { queued: queue.length, ...counts };
    },
  };
}
