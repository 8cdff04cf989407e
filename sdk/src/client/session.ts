import { type Channel, HaggleError, parseChannel, parseEnvelope } from "@haggle/abi";
import type { KeptTexts } from "../experiments/client/kept-texts.ts";
import { createMemoryTexts } from "../experiments/client/kept-texts.ts";
import { findAssignment, openAssignment, type SignedUnit } from "../experiments/client/open-assignment.ts";

type Options = {
  /** Of the server. */
  url: string;
  channel: string;
  storage: KeptTexts | undefined;
  signal: AbortSignal;
  /** Another unit than before. */
  changed: () => void;
  /** The server gives none: bucket 0, until it does. */
  failed: (error: HaggleError) => void;
};

export type Session = ReturnType<typeof createSession>;

/** A first price does not wait longer to know whose it is. */
const WAIT_MS = 3_000;

/** The unit that the server signed for this browser: kept from the last visit, asked for when it makes a difference. */
export function createSession({ url, channel, storage = pageTexts(), signal, changed, failed }: Options) {
  let signed = findAssignment({ channel, storage });
  let asking: Promise<void> | undefined;
  let refusedFor: string | undefined;

  async function open(anew: boolean): Promise<void> {
    try {
      const before = signed?.unit;
      signed = await openAssignment({ url, channel, storage, signal, anew, known: signed });
      refusedFor = undefined;
      if (signed.unit !== before) changed();
    } catch (cause) {
      if (signal.aborted) return;
      if (!(cause instanceof HaggleError)) throw cause;
      if (refusedFor !== cause.message) failed(cause);
      refusedFor = cause.message;
    }
  }

  /** Asks where there is none, or its token ends soon; whatever is left of it with `anew`. Never rejects for want of one. */
  function ask(anew = false): Promise<void> {
    asking ??= open(anew).finally(() => {
      asking = undefined;
    });
    return asking;
  }

  return {
    ask: () => ask(),
    /** For another token than this one, which was refused. What is asked for already may bring it. Never rejects either. */
    async renew(refused: string): Promise<void> {
      await asking;
      if (signed?.token === refused) await ask(true);
    },
    get signed(): SignedUnit | undefined {
      return signed;
    },
    /** Likewise, but not for ever. */
    async wait(): Promise<void> {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, WAIT_MS);
      });
      await Promise.race([ask(), late]);
      clearTimeout(timer);
    },
  };
}

/** Whether it makes a difference who asks, by a channel document that nobody has verified yet. */
export function hasArms(document: Uint8Array): boolean {
  try {
    return chooses(parseChannel(parseEnvelope(document, "channel").payload));
  } catch (cause) {
    if (cause instanceof HaggleError) return false;
    throw cause;
  }
}

export function chooses({ arms }: Channel): boolean {
  return arms.length > 1;
}

/** Only pages have a storage of their own: programs of Node's share one file where they have any. */
function pageTexts(): KeptTexts {
  try {
    return "document" in globalThis ? globalThis.localStorage : createMemoryTexts();
  } catch (cause) {
    if (cause instanceof DOMException) return createMemoryTexts();
    throw cause;
  }
}
