import type { Live } from "@haggle/sdk/trust";
import { type Document, toDocument } from "../../platform/document.ts";

/** Which release prices carts now, and the very bytes that were verified for it. */
export type LiveRelease = Live & {
  documents: {
    root: Document;
    channel: Document;
    release: Document;
    bundle: Document;
    prices?: Document;
  };
};

export function toLiveRelease(live: Live): LiveRelease {
  const { engine, release, files } = live;
  return {
    ...live,
    documents: {
      root: toDocument(files.root),
      channel: toDocument(files.channel),
      release: { bytes: files.release, sha256: release },
      bundle: { bytes: files.bundle, sha256: engine.bundle },
      ...(files.prices && { prices: toDocument(files.prices) }),
    },
  };
}
