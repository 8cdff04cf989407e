// What an audit sees of the place itself: the files of a folder, the headers of a web server.

import { parseEnvelope, parseRelease } from "@haggle/abi";
import { sha256Hex } from "@haggle/sdk";
import { pathOf } from "@haggle/sdk/trust";
import type { Audit } from "./audit.ts";
import type { Tree } from "./audit-tree.ts";
import { createFindings, type Finding } from "./findings.ts";

const CHANNEL_FILE = /^(?:channels|prices)\/[a-z0-9][a-z0-9-]{0,63}\.json$/;
const ROOT_FILE = /^roots\/[1-9]\d{0,6}\.json$/;
const RELEASE_FILE = /^releases\/([0-9a-f]{64})\.json$/;
const BUNDLE_FILE = /^bundles\/([0-9a-f]{64})\.wasm$/;
/** What writes a folder may keep notes beside it, which servers do not serve. */
const NOTE = /(?:^|\/)\.[^/]+$/;

/** The channels of a folder, by its files. */
export async function channelsIn({ list }: Tree): Promise<string[] | undefined> {
  const files = await list?.();
  return files?.flatMap((file) => /^channels\/([a-z0-9][a-z0-9-]*)\.json$/.exec(file)?.[1] ?? []);
}

/** Files that are not what their name says, or that nothing names: leftovers, or somebody else's. */
export async function auditFiles(tree: Tree): Promise<Finding[]> {
  const findings = createFindings();
  const files = (await tree.list?.()) ?? [];
  const named = new Set<string>();
  for (const file of files) {
    const sha256 = RELEASE_FILE.exec(file)?.[1];
    if (sha256 === undefined) continue;
    await findings.try(file, async () => {
      const { payload } = parseEnvelope((await tree.source({ kind: "release", sha256 }))!, "release");
      if ((await sha256Hex(payload)) !== sha256)
        findings.error(file, "DOCUMENT_DIGEST_MISMATCH", "not what its name says");
      for (const bundle of parseRelease(payload).bundles) named.add(bundle.sha256);
    });
  }
  for (const file of files) {
    const bundle = BUNDLE_FILE.exec(file)?.[1];
    if (bundle !== undefined) {
      if (!named.has(bundle)) findings.warning(file, "CLI_AUDIT", "no release here names it");
    } else if (
      file !== "root.json" &&
      ![CHANNEL_FILE, ROOT_FILE, RELEASE_FILE, NOTE].some((form) => form.test(file))
    ) {
      findings.warning(file, "CLI_AUDIT", "not a file of a release folder");
    }
  }
  return findings.all;
}

const DAY_S = 24 * 60 * 60;
/** A kill switch is as slow as this. */
const MOST_CHANNEL_S = 300;

/** Whether browsers get what changes soon, keep what never changes, and may load both from another origin. */
export async function auditAnswers(
  tree: Tree,
  { channels, releases, bundles, roots }: Audit,
): Promise<Finding[]> {
  const { answer } = tree;
  if (answer === undefined) return [];
  const findings = createFindings();
  const changing = ["root.json", ...channels.map(({ channel }) => pathOf({ kind: "channel", channel }))];
  const lasting = [
    ...Array.from({ length: roots > 0 ? 1 : 0 }, () => pathOf({ kind: "root", version: 1 })),
    ...[...releases].map((sha256) => pathOf({ kind: "release", sha256 })),
    ...[...bundles].map((sha256) => pathOf({ kind: "bundle", sha256 })),
  ];
  for (const path of [...changing, ...lasting]) {
    const found = await findings.try(path, () => answer(path));
    if (found === undefined || found.status !== 200) continue; // what is missing is a finding already
    const seconds = maxAge(found.cacheControl);
    if (changing.includes(path) && !(seconds <= MOST_CHANNEL_S)) {
      findings.warning(
        path,
        "CLI_AUDIT",
        `may be cached for ${showAge(seconds)}; cache-control: no-cache, or max-age of at most ${MOST_CHANNEL_S}`,
      );
    }
    if (lasting.includes(path) && !(seconds >= DAY_S && found.cacheControl.includes("immutable"))) {
      findings.warning(
        path,
        "CLI_AUDIT",
        "never changes; cache-control: public, max-age=31536000, immutable",
      );
    }
    if (found.allowOrigin === "") {
      findings.warning(
        path,
        "CLI_AUDIT",
        "no access-control-allow-origin: shops of another origin cannot load it",
      );
    }
  }
  const absent = pathOf({ kind: "release", sha256: "0".repeat(64) });
  const status = await findings.try(absent, async () => (await answer(absent)).status);
  if (status !== undefined && ![403, 404, 410].includes(status)) {
    findings.error(absent, "CLI_AUDIT", `is not there and answers ${status}; it must be 404`);
  }
  return findings.all;
}

/** Seconds; NaN where the server leaves it to the browser's guess. */
function maxAge(cacheControl: string): number {
  if (/\bno-(?:cache|store)\b/.test(cacheControl)) return 0;
  return Number(/\bmax-age=(\d+)/.exec(cacheControl)?.[1] ?? Number.NaN);
}

function showAge(seconds: number): string {
  return Number.isNaN(seconds) ? "as long as a browser likes" : `${seconds} s`;
}
