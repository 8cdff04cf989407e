import { type Experiments, HaggleError, maxEnvelopeBytes, refuse } from "@haggle/abi";
import type { TrustedRoot } from "../../verify.ts";
import { verifyExperiments } from "../verify.ts";
import type { ExperimentsHost } from "./host.ts";
import { findStored, type KeptTexts, store } from "./kept-texts.ts";

/** A document that counts, by which root, and as it came. */
export type HeldDocument = { experiments: Experiments; sha256: string; text: string; root: string };

export type FollowedDocument = {
  /** At what was told, or else fetched. @throws HaggleError why what there is now does not count */
  look(told?: string): Promise<void>;
  readonly held: HeldDocument | undefined;
};

type Options = {
  host: ExperimentsHost;
  storage: KeptTexts;
  /** One that came with the page. */
  given: string | undefined;
};

const FETCH_TIMEOUT_MS = 15_000;
/** There is none yet, in the words of a server and of object stores. */
const ABSENT = [204, 403, 404, 410];

/**
 * The experiments of a channel: verified by the root of what is live, never older than what was held, and kept for starts
 * without a network, from where they are verified again. What is refused changes nothing.
 */
export function createFollowedDocument({ host, storage, given }: Options): FollowedDocument {
  const { channel, signal } = host;
  const place = documentPlace(channel);
  let held: HeldDocument | undefined;
  let isRestored = false;
  let etag: string | undefined;

  async function look(told?: string): Promise<void> {
    const trusted = host.trusted();
    if (trusted === undefined) return;
    if (!isRestored) {
      isRestored = true;
      await restore(trusted);
    }
    if (held !== undefined && held.root !== trusted.sha256) await holdAgain(held, trusted);
    // What is wrong with one that was told, by another tab perhaps, the server's own says.
    if (told !== undefined && (await take(told, trusted).catch(ignoreRefusal))) return;
    const text = await fetchText();
    if (text !== undefined) await take(text, trusted);
  }

  /** @throws HaggleError why it does not count */
  async function take(text: string, trusted: TrustedRoot): Promise<true> {
    if (text === held?.text) return true;
    const next = await verify(text, trusted, Math.max(Date.now(), held?.experiments.issued ?? 0));
    checkFollows(next);
    held = next;
    store(storage, place, JSON.stringify(text));
    return true;
  }

  async function verify(text: string, trusted: TrustedRoot, now?: number): Promise<HeldDocument> {
    return { ...(await verifyExperiments(text, trusted, { now, channel })), text, root: trusted.sha256 };
  }

  /** Times are not looked at: an offline start has the variants of the last visit. What does not hold is as good as none. */
  async function restore(trusted: TrustedRoot): Promise<void> {
    for (const text of [given, findStored(storage, place, isText)]) {
      if (text === undefined) continue;
      const found = await verify(text, trusted).catch(ignoreRefusal);
      if (found === undefined || found.experiments.version <= (held?.experiments.version ?? 0)) continue;
      held = found;
    }
  }

  /** A root that came meanwhile may have lost the key that signed it. */
  async function holdAgain({ text }: HeldDocument, trusted: TrustedRoot): Promise<void> {
    held = await verify(text, trusted).catch(ignoreRefusal);
  }

  function checkFollows({ experiments: { version }, sha256 }: HeldDocument): void {
    if (held === undefined) return;
    if (version < held.experiments.version) throw refuse("DOCUMENT_ROLLBACK", "experiments.version", version);
    if (version === held.experiments.version && sha256 !== held.sha256) {
      throw refuse("DOCUMENT_EQUIVOCATION", "experiments", sha256);
    }
  }

  /** Undefined where there is none, or the same as before. */
  async function fetchText(): Promise<string | undefined> {
    const { url = "", cdn } = host;
    const at =
      cdn === undefined
        ? `${url}/v1/experiments/document/${channel}`
        : `${cdn.replace(/\/+$/, "")}/experiments/${channel}.json`;
    try {
      const response = await fetch(at, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)]),
        // Browsers have a cache that does so, when they may not believe it; from another origin a header would need a permission.
        ...("document" in globalThis
          ? { cache: "no-cache" }
          : held && etag && { headers: { "if-none-match": etag } }),
      });
      if (response.ok && response.status !== 204) {
        etag = response.headers.get("etag") ?? undefined;
        return await readText(response);
      }
      await response.body?.cancel();
      if (ABSENT.includes(response.status) || response.status === 304) return undefined;
      throw refuse("CLIENT_STATUS", "experiments", response.status);
    } catch (cause) {
      if (cause instanceof HaggleError) throw cause;
      if (signal.aborted) throw signal.reason;
      throw refuse("CLIENT_NETWORK", at, undefined, cause);
    }
  }

  return {
    look,
    get held() {
      return held;
    },
  };
}

/** Where the document is kept. */
export function documentPlace(channel: string): string {
  return `haggle-experiments/${channel}`;
}

/** No more than such a document may have, whatever the length says that the server gives. */
async function readText({ body }: Response): Promise<string> {
  const max = maxEnvelopeBytes("experiments");
  const decoder = new TextDecoder();
  const reader = body?.getReader();
  let text = "";
  let length = 0;
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    length += part.value.length;
    if (length > max) {
      await reader?.cancel();
      throw refuse("CLIENT_TOO_LARGE", "experiments", length);
    }
    text += decoder.decode(part.value, { stream: true });
  }
  return text + decoder.decode();
}

function ignoreRefusal(cause: unknown): undefined {
  if (!(cause instanceof HaggleError)) throw cause;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
