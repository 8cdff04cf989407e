// What can be switched off on a channel, by its name, and what that does to shoppers.

import { join } from "node:path";
import { type Channel, HaggleError, type Release, SHA256_HEX } from "@haggle/abi";
import { listFolder } from "../files.ts";
import { counted, printable, shortDigest } from "../terminal.ts";
import { readDocumentOf } from "./signed-file.ts";

export const WHATS = ["promotion", "rule", "release"] as const;
type What = (typeof WHATS)[number];

/** Where each stands in a channel document. */
export const LIST_OF = { promotion: "promotions", rule: "rules", release: "releases" } as const;

export type Switch = {
  what: What;
  name: string;
  /** On again. */
  isUndo: boolean;
};

/** The releases that the arms of a channel give, by digest. One that is not in the folder is left out. */
export type LiveReleases = ReadonlyMap<string, Release>;

/** By their digests, which the channel's key has signed: so nobody else's signature is asked for. */
export async function readLiveReleases(folder: string, { arms }: Channel): Promise<LiveReleases> {
  const found = await Promise.all(
    arms.map(async ({ release: digest }) => {
      const path = join(folder, "releases", `${digest}.json`);
      const file = await readDocumentOf("release", path).catch((cause: unknown) => {
        if (!(cause instanceof HaggleError)) throw cause;
        return undefined; // a release can be killed without its file, its promotions cannot be known
      });
      return file?.sha256 === digest ? ([digest, file.document] as const) : undefined;
    }),
  );
  return new Map(found.filter((one) => one !== undefined));
}

/**
 * The name that is meant, whole.
 *
 * @throws HaggleError CLI_UNKNOWN_NAME with the nearest names that there are
 */
export async function findName(wanted: {
  what: What;
  id: string;
  isUndo: boolean;
  channel: Channel;
  live: LiveReleases;
  folder: string;
}): Promise<string> {
  const { what, id, isUndo, channel, live, folder } = wanted;
  const known = isUndo ? channel.off[LIST_OF[what]] : await namesOf(what, channel, live, folder);
  if (known.includes(id)) return id;
  const begun =
    what === "release" && DIGEST_START.test(id) ? known.filter((name) => name.startsWith(id)) : [];
  if (begun.length === 1) return begun[0]!;
  const where = isUndo
    ? `switched off on channel ${channel.channel}`
    : what === "release"
      ? "in this folder"
      : `in the releases of channel ${channel.channel}`;
  const near = await nearest(id, known);
  const there = near.length === 0 ? "there is none at all" : `there is ${near.map(printable).join(", ")}`;
  const unread = channel.arms.find(({ release }) => !live.has(release))?.release;
  const missing = unread === undefined ? "" : `, and release ${shortDigest(unread)} cannot be read`;
  throw new HaggleError("CLI_UNKNOWN_NAME", `No such ${what} is ${where}; ${there}${missing}`, { value: id });
}

const DIGEST_START = /^[0-9a-f]{8,64}$/;

async function namesOf(what: What, { arms }: Channel, live: LiveReleases, folder: string): Promise<string[]> {
  const promotions = [...live.values()].flatMap((release) => release.promotions);
  if (what === "promotion") return [...new Set(promotions.map(({ id }) => id))];
  if (what === "rule") return [...new Set(promotions.flatMap(({ rule }) => rule ?? []))];
  // Those that no arm gives any more can be published again, which a kill prevents.
  const entries = await listFolder(join(folder, "releases"));
  const stored = entries
    .map(({ name }) => name.replace(/\.json$/, ""))
    .filter((name) => SHA256_HEX.test(name));
  return [...new Set([...arms.map(({ release }) => release), ...stored])];
}

const MAX_NEAR = 5;

/** The names that one may have meant, the nearest first. */
async function nearest(id: string, known: readonly string[]): Promise<string[]> {
  const { editDistance } = await import("@haggle/toolchain"); // which loads the compiler
  return known
    .map((name) => ({ name, distance: name.includes(id) ? 0 : editDistance(id, name) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, MAX_NEAR)
    .map(({ name }) => name);
}

const EVERYBODY = 10_000;

/** What will be priced when `channel`, in which the switch has been made, is live. */
export function effectOf({ what, name, isUndo }: Switch, channel: Channel, live: LiveReleases): string[] {
  if (what === "release") return releaseEffect(name, isUndo, channel, live);
  return [...live].flatMap(([digest, release]) => {
    const hit = release.promotions.filter(({ id, rule }) =>
      what === "rule" ? rule === name : id === name || id.startsWith(`${name}~`),
    );
    if (hit.length === 0) return [];
    const count =
      what === "rule"
        ? `${counted(hit.length, "promotion")} of it`
        : hit.length > 1
          ? `it and ${counted(hit.length - 1, "variant")} of it`
          : "it";
    const how = isUndo ? `gives ${count} again` : `prices every cart without ${count}`;
    const place = `release ${release.version} ${shortDigest(digest)}`;
    const off = channel.off.releases.includes(digest) ? ", which is off itself" : "";
    return [`${place}${off}: ${how}`];
  });
}

function releaseEffect(name: string, isUndo: boolean, { arms, off }: Channel, live: LiveReleases): string[] {
  const hit = arms.filter(({ release }) => release === name);
  const shares = (some: Channel["arms"]) => {
    const buckets = some.reduce((sum, { range: [from, to] }) => sum + to - from, 0);
    return buckets >= EVERYBODY ? "everybody" : `${(buckets * 100) / EVERYBODY} % of shoppers`;
  };
  if (hit.length === 0)
    return [
      `no shopper has it; it ${isUndo ? "may be published again" : "cannot be published until --undo"}`,
    ];
  if (isUndo) return [`${shares(hit)}: priced by it again`];
  const others = arms.filter(({ release }) => release !== name && !off.releases.includes(release));
  return [
    `${shares(hit)}: no prices at all, every cart is refused (ENGINE_RELEASE_OFF) until release publish gives another`,
    ...others.map((arm) => {
      const version = live.get(arm.release)?.version;
      return `${shares([arm])}: release ${version ?? ""} ${shortDigest(arm.release)}, as before`;
    }),
  ];
}
