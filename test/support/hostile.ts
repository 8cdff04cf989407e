// The hostile modules of test/vectors/hostile, from their files to bytes and to a signed release of each.

import { readdirSync, readFileSync } from "node:fs";
import { DEFAULT_POLICY, encodeBase64 } from "@haggle/abi";
import { sha256Hex } from "@haggle/sdk";
import { type SignedDocument, signerFromSeed } from "@haggle/sdk/sign";
import { meter, signBundle, signRelease, signRoot } from "@haggle/toolchain";
import { fromHex } from "./abi-vectors.ts";
import { CART, METADATA, PROMOTIONS } from "./hostile-decision.ts";
import type { HostileInput, HostileShop } from "./hostile-host.ts";
import { buildRules } from "./rules.ts";
import { compileWat, withCustomSection } from "./wat.ts";

const FOLDER = new URL("../vectors/hostile/", import.meta.url);
const NOW = 1_780_000_000_000;

export const GROUPS = [
  "time",
  "stack",
  "memory",
  "counts",
  "imports",
  "exports",
  "results",
  "state",
  "traps",
  "malformed",
] as const;

export type Stage = "accepted" | "profile" | "compile" | "instantiate" | "evaluate" | "decision";

export type HostileFile = {
  group: string;
  /** `time/bare-loop.wat` */
  name: string;
  stage: Stage;
  /** The code it ends with, "ok" when it is accepted. */
  code: string;
  /** What becomes of the cart three times, one after the other. */
  runs: string[];
  /** What an export does when it is called alone: `explain stops`. */
  alone: string | undefined;
  bytes: Uint8Array;
};

/** Reads and assembles every file; what the first lines say is told in the README there. */
export async function readHostileFiles(): Promise<HostileFile[]> {
  const groups = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = groups.flatMap(({ name }) =>
    readdirSync(new URL(`${name}/`, FOLDER)).map((file) => `${name}/${file}`),
  );
  return Promise.all(names.sort().map(readHostileFile));
}

async function readHostileFile(name: string): Promise<HostileFile> {
  const text = readFileSync(new URL(name, FOLDER), "utf8");
  const [, stage = "accepted", code = "ENGINE_COMPILE"] =
    /^;; (?:stage: (profile|compile|instantiate|evaluate|decision)(?: ([A-Z_]+))?|accepted)\n/.exec(text) ??
    fail(name, "says no stage");
  const verdict = stage === "accepted" ? "ok" : code;
  const runs = /^;; runs: (.+)$/m.exec(text)?.[1]?.split(", ") ?? [verdict, verdict, verdict];
  const group = name.slice(0, name.indexOf("/"));
  const alone = /^;; alone: (.+)$/m.exec(text)?.[1];
  const bytes = await assemble(name, text);
  return { group, name, stage: stage as Stage, code: verdict, runs, alone, bytes };
}

async function assemble(name: string, text: string): Promise<Uint8Array> {
  const has = (mark: string) => text.includes(`\n;; ${mark}\n`);
  let bytes: Uint8Array = await compileWat(text);
  if (has("metered by the build")) bytes = meter(bytes).bytes;
  if (!has("bare")) bytes = withCustomSection(bytes, "haggle", JSON.stringify(METADATA));
  for (const [, from, to = "", times = "1"] of text.matchAll(EDIT)) {
    const added = hex(to.repeat(Number(times)));
    bytes = from === undefined ? join(bytes, added) : replaceOnce(name, bytes, hex(from), added);
  }
  return bytes;
}

/** `;; replace 01 02 by 03`, `;; append 00 x 262144`: for what no text can spell. */
const EDIT = /^;; (?:replace ([0-9a-f ]+) by|append) ?([0-9a-f ]*?)(?: x (\d+))?$/gm;

/** Puts other bytes where `from` stands for the first time. */
function replaceOnce(name: string, bytes: Uint8Array, from: Uint8Array, to: Uint8Array): Uint8Array {
  const at = bytes.findIndex((_, start) => from.every((byte, i) => bytes[start + i] === byte));
  if (at < 0) fail(name, `has no ${from}`);
  return join(bytes.subarray(0, at), to, bytes.subarray(at + from.length));
}

function hex(text: string): Uint8Array {
  return fromHex(text.replaceAll(" ", ""));
}

function join(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function fail(name: string, what: string): never {
  throw new Error(`${name} ${what}`);
}

/** What a host needs to judge the files; those that pass the profile come with a release of their own. */
export async function makeHostileInput(files: readonly HostileFile[]): Promise<HostileInput> {
  const signer = await signerFromSeed(new Uint8Array(32).fill(7));
  const root = await signRoot({ signer, now: NOW, development: false });
  const cases = files.map(async ({ name, stage, bytes }) => {
    const shop = stage === "profile" ? undefined : await signShop(bytes, root);
    return { name, bytes: encodeBase64(bytes), ...(shop && { shop }) };
  });
  return { cart: CART, good: await makeGoodShop(), cases: await Promise.all(cases) };
}

/** A shop whose bundle the toolchain built. */
async function makeGoodShop(): Promise<HostileShop> {
  const built = await buildRules({
    half: `@promo(name="half")
export function half(ctx: Context): Result { return Result.orderPercent(Percent.of(50), "HALF"); }`,
  });
  return {
    bundle: encodeBase64(built.bundle),
    release: encodeBase64(built.release.bytes),
    root: encodeBase64(built.root.bytes),
  };
}

async function signShop(bytes: Uint8Array, root: SignedDocument): Promise<HostileShop> {
  const signer = await signerFromSeed(new Uint8Array(32).fill(7));
  const bundle = await signBundle(bytes, signer);
  const release = await signRelease({
    signer,
    version: 1,
    now: NOW,
    bundle: { sha256: await sha256Hex(bundle), size: bundle.length },
    metadata: METADATA,
    promotions: PROMOTIONS,
    policy: DEFAULT_POLICY,
  });
  return {
    bundle: encodeBase64(bundle),
    release: encodeBase64(release.bytes),
    root: encodeBase64(root.bytes),
  };
}
