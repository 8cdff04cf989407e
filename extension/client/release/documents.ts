// What a server says of itself in its signed documents, read to be shown and to go on from. Nothing is verified here:
// who prices, the SDK, the server itself and its clients, does that.

import { type Api, StrangeAnswer } from "./api.ts";

/** As the registry lists it. */
export type ReleaseEntry = {
  sha256: string;
  version: number;
  bundle: string;
  /** Epoch ms. */
  issued: number;
  expires: number;
  promotions: number;
  signers: string[];
  channels: string[];
};

export type Arm = { release: string; range: [from: number, to: number] };

export type ChannelDocument = {
  channel: string;
  version: number;
  expires: number;
  arms: Arm[];
  off: { promotions: string[]; rules: string[]; releases: string[] };
  minRelease: number;
};

export type RootDocument = {
  version: number;
  expires: number;
  tenant?: string;
  development?: true;
  roles: { release: { keyids: string[]; threshold: number } };
};

export type ReleaseDocument = {
  version: number;
  bundles: { sha256: string; size: number }[];
  promotions: { id: string; rule?: string }[];
};

/** Names of channels go into addresses. */
const CHANNEL = /^[a-z0-9][a-z0-9-]{0,63}$/;
const DIGEST = /^[0-9a-f]{64}$/;
/** A registry with more releases than this shows its newest ones. */
const MOST_PAGES = 5;

export function isChannelName(name: string): boolean {
  return CHANNEL.test(name);
}

/** Newest first. */
export async function listReleases(api: Api, signal?: AbortSignal): Promise<ReleaseEntry[]> {
  const all: ReleaseEntry[] = [];
  let before: number | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query = before === undefined ? "" : `?before=${before}`;
    const { releases, next } = await api.ask<{ releases: ReleaseEntry[]; next?: number }>(
      "GET",
      `/v1/releases${query}`,
      undefined,
      signal,
    );
    if (!fits(() => releases.every(isEntry))) throw new StrangeAnswer("/v1/releases");
    all.push(...releases);
    if (next === undefined) break;
    before = next;
  }
  return all;
}

export async function readChannel(api: Api, channel: string, signal?: AbortSignal): Promise<ChannelDocument> {
  const path = `/v1/channels/${encodeURIComponent(channel)}`;
  return parseDocument(await api.read(path, signal), path, isChannel);
}

export async function readRoot(
  api: Api,
  signal?: AbortSignal,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; root: RootDocument }> {
  const path = "/v1/root";
  const bytes = await api.read(path, signal);
  return { bytes, root: parseDocument(bytes, path, isRoot) };
}

export async function readRelease(
  api: Api,
  sha256: string,
  signal?: AbortSignal,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; release: ReleaseDocument }> {
  const path = `/v1/releases/${sha256}`;
  if (!DIGEST.test(sha256)) throw new StrangeAnswer(path);
  const bytes = await api.read(path, signal);
  return { bytes, release: parseDocument(bytes, path, isRelease) };
}

export function readBundle(api: Api, sha256: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  return api.read(`/v1/bundles/${sha256}`, signal);
}

/** What lacks a field altogether does not fit either. */
export function fits(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

/** @throws StrangeAnswer for what would make no sense on a screen; whether it is true is not asked */
function parseDocument<T>(bytes: Uint8Array, path: string, is: (document: T) => boolean): T {
  if (!fits(() => is(payloadOf(bytes)))) throw new StrangeAnswer(path);
  return payloadOf(bytes);
}

function isChannel({ version, expires, arms, off, minRelease }: ChannelDocument): boolean {
  return (
    [version, expires, minRelease].every(Number.isFinite) &&
    arms.every(
      ({ release, range }) => DIGEST.test(release) && range.length === 2 && range.every(Number.isFinite),
    ) &&
    [off.promotions, off.rules, off.releases].every((ids) => ids.every(isText))
  );
}

export function isRoot({ version, roles }: RootDocument): boolean {
  const { keyids, threshold } = roles.release;
  return Number.isSafeInteger(version) && Number.isSafeInteger(threshold) && keyids.every(isText);
}

function isRelease({ version, bundles, promotions }: ReleaseDocument): boolean {
  return (
    Number.isSafeInteger(version) &&
    bundles.length > 0 &&
    bundles.every(({ sha256 }) => DIGEST.test(sha256)) &&
    promotions.every(({ id, rule }) => isText(id) && (rule === undefined || isText(rule)))
  );
}

function isEntry({ sha256, version, bundle, issued, expires, signers, channels }: ReleaseEntry): boolean {
  return (
    [sha256, bundle].every((digest) => DIGEST.test(digest)) &&
    Number.isSafeInteger(version) &&
    [issued, expires].every(isMoment) &&
    [...signers, ...channels].every(isText)
  );
}

export function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** One that a date can be made of. */
export function isMoment(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) <= 8.64e15;
}

/** The document in an envelope (DSSE): its payload is base64. */
export function payloadOf<T>(envelope: Uint8Array): T {
  const { payload } = JSON.parse(new TextDecoder().decode(envelope)) as { payload: string };
  return JSON.parse(new TextDecoder().decode(fromBase64(payload))) as T;
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Not by one call with all bytes as arguments: a bundle has more of them than a stack has room. */
export function toBase64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += PIECE) {
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + PIECE)));
  }
  return btoa(pieces.join(""));
}

const PIECE = 8_192;

export function shortDigest(sha256: string): string {
  return sha256.slice(0, 12);
}
