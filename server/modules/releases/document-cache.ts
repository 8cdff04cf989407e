import { refuse } from "@haggle/abi";
import type { Database } from "../../platform/database/database.ts";
import type { Document } from "../../platform/document.ts";
import { findBundle, findRelease } from "./store.ts";
import { isWhole } from "./whole.ts";

type Kind = "release" | "bundle";

/** Releases and bundles that are asked for again and again, beside those that are live. */
const MAX_DOCUMENTS = 16;
/** Digests that nothing is stored under, as far as is known: whoever repeats one asks the database once. */
const MAX_MISSING = 1_000;

const FIND = { release: findRelease, bundle: findBundle };

/** What the registry has under a digest, and what it has not. What is not what its digest says is kept from everybody. */
export function createDocumentCache(database: Database) {
  const documents = new Map<string, Document>();
  const missing = new Set<string>();
  /** Grows when something may have been stored, so that what was looked for before is not called missing. */
  let stored = 0;

  function keep(kind: Kind, document: Document): Document {
    const key = `${kind}:${document.sha256}`;
    documents.delete(key);
    documents.set(key, document);
    if (documents.size > MAX_DOCUMENTS) documents.delete(documents.keys().next().value!);
    return document;
  }

  async function find(kind: Kind, sha256: string): Promise<Document | undefined> {
    const key = `${kind}:${sha256}`;
    const known = documents.get(key);
    if (known !== undefined || missing.has(key)) return known;
    const before = stored;
    const bytes = await FIND[kind](database, sha256);
    if (bytes !== undefined) {
      // Whoever is given it believes the digest that it is given under.
      if (!isWhole({ kind, sha256 }, bytes)) throw refuse("DOCUMENT_DIGEST_MISMATCH", kind, sha256);
      return keep(kind, { bytes, sha256 });
    }
    if (before !== stored) return undefined;
    if (missing.size >= MAX_MISSING) missing.delete(missing.values().next().value!);
    missing.add(key);
    return undefined;
  }

  return {
    keep,
    findRelease: (sha256: string) => find("release", sha256),
    findBundle: (sha256: string) => find("bundle", sha256),
    /** To be called whenever something may have been stored, here or elsewhere: releases may have got signatures, too. */
    forget(): void {
      stored++;
      missing.clear();
      for (const key of documents.keys()) if (key.startsWith("release:")) documents.delete(key);
    },
  };
}
