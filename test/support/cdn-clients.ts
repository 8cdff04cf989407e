// The two clients that a hostile CDN meets: the SDK in Node with its state in a file, and a page that is connected with
// its state in IndexedDB.

import { HaggleError } from "@haggle/abi";
import { fileStore } from "@haggle/sdk/node";
import { cdnSource, createUpdater, type UpdaterEvent } from "@haggle/sdk/trust";
import { build } from "esbuild";
import type { Page } from "playwright-core";
import { type Attack, type Brake, FIRST_TREE, SECOND_TREE, THIRD_TREE } from "./cdn-attacks.ts";
import { type HostileCdn, inTurn } from "./hostile-cdn.ts";
import { contentBytes, START, type Tree } from "./updates/book.ts";
import { MINUTE, release1, release2, release3, root1 } from "./updates/world.ts";

/** What one look at the CDN came to, and what is priced with after it. */
export type Look = {
  refused?: { code: string; alarm: boolean };
  live: { channel: number; release: string; withdrawn?: true } | null;
};

export type CdnClient = { look(clock: number): Promise<Look> };

export function nodeClient({ url }: Pick<HostileCdn, "url">, statePath: string): CdnClient {
  let now = 0;
  let events: UpdaterEvent[] = [];
  const updater = createUpdater({
    root: root1.text,
    channel: "stable",
    source: cdnSource(url),
    store: fileStore(statePath),
    clock: () => now,
    onEvent: (event) => events.push(event),
  });
  return {
    async look(clock) {
      now = clock;
      events = [];
      await updater.update().catch((error: unknown) => {
        if (!(error instanceof HaggleError)) throw error;
      });
      const told = events.find((event) => event.type === "refused");
      const { live } = updater;
      return {
        ...(told && { refused: { code: told.error.code, alarm: told.alarm } }),
        live: live
          ? { channel: live.version, release: live.release, ...(live.withdrawn && { withdrawn: true }) }
          : null,
      };
    },
  };
}

/**
 * `name` is that of the page's database: a new one is a browser that was never here, since nothing else of a CDN is kept.
 * The page is loaded anew, which takes a third of the time of a new one, and is the caller's to close.
 */
export async function browserClient(
  page: Page,
  { url }: Pick<HostileCdn, "url">,
  name: string,
): Promise<CdnClient> {
  await page.goto(`${url}/?name=${name}`);
  await page.waitForFunction(() => "look" in globalThis);
  return {
    look: (clock) =>
      page.evaluate(
        (now) => (globalThis as unknown as { look(now: number): Promise<Look> }).look(now),
        clock,
      ),
  };
}

/** For a CDN that the browser's page comes from. */
export async function clientPages(): Promise<Record<string, { type: string; body: string }>> {
  return {
    "/": { type: "text/html", body: PAGE },
    "/page.js": { type: "text/javascript", body: await bundle(new URL("./cdn-page.ts", import.meta.url)) },
    "/pinned.json": { type: "application/json", body: root1.text },
  };
}

/** An esbuild bundle of one of the support modules, for browsers. */
export async function bundle(module: URL): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [module.pathname],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: ["chrome137"],
    conditions: ["haggle-source"],
    minify: true,
    write: false,
    logLevel: "warning",
  });
  return outputFiles[0]!.text;
}

/** Under the policy that storefronts are told to have. */
export const PAGE = `<!doctype html>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'">
<script type="module" src="/page.js"></script>
`;

/** What the largest file may have, and room for what lies in the buffers of two systems. */
const MAX_SENT_BYTES = 48 * 1024 * 1024;

/**
 * One attack on one client: something good, the attack, something good again, and then all of it rolled back. Returns
 * the four looks.
 */
export async function attack(cdn: HostileCdn, client: CdnClient, { tree, answers }: Attack): Promise<Look[]> {
  const looks: Look[] = [];
  const look = async () => looks.push(await client.look(START + looks.length * MINUTE));
  cdn.show(filesOf(FIRST_TREE));
  await look();
  cdn.show(filesOf(tree ?? SECOND_TREE), answers);
  await look();
  if (cdn.sent() > MAX_SENT_BYTES) throw new Error(`the client took ${cdn.sent()} bytes`);
  cdn.show(filesOf(SECOND_TREE));
  await look();
  cdn.show(filesOf(FIRST_TREE));
  await look();
  return looks;
}

/** What the four looks must come to: at no time does anything price that its authors did not sign, or that was taken back. */
export function expectedLooks({ code, alarm }: Attack): Look[] {
  const [first, second] = [
    { channel: 1, release: release1.sha256 },
    { channel: 2, release: release2.sha256 },
  ];
  return [
    { live: first },
    { refused: { code, alarm }, live: first },
    { live: second },
    { refused: { code: "DOCUMENT_ROLLBACK", alarm: true }, live: second },
  ];
}

/**
 * An emergency stop, then a CDN that hides it again, and then a good release. Returns the four looks: what was stopped
 * stays so until something newer is signed.
 */
export async function brake(cdn: HostileCdn, client: CdnClient, { tree }: Brake): Promise<Look[]> {
  const looks: Look[] = [];
  for (const shown of [FIRST_TREE, tree, FIRST_TREE, { ...SECOND_TREE, ...THIRD_TREE }]) {
    cdn.show(filesOf(shown));
    looks.push(await client.look(START + looks.length * MINUTE));
  }
  return looks;
}

export function brakedLooks({ release }: Brake): Look[] {
  const stopped = { channel: 2, release, withdrawn: true } as const;
  return [
    { live: { channel: 1, release: release1.sha256 } },
    { live: stopped },
    { refused: { code: "DOCUMENT_ROLLBACK", alarm: true }, live: stopped },
    { live: { channel: 3, release: release3.sha256 } },
  ];
}

/**
 * Caches of three ages behind one name, each of which answers in turn. Returns the versions of the channel document that
 * a client prices by, look by look.
 */
export async function meetCaches(cdn: HostileCdn, client: CdnClient): Promise<(number | undefined)[]> {
  const files = filesOf({ ...FIRST_TREE, ...SECOND_TREE, ...THIRD_TREE });
  const ages = [FIRST_TREE, THIRD_TREE, SECOND_TREE].map((tree) => filesOf(tree).get(CHANNEL)!);
  cdn.show(files, { [CHANNEL]: inTurn(...ages) });
  const versions: (number | undefined)[] = [];
  for (let look = 0; look < 7; look++) {
    versions.push((await client.look(START + look * MINUTE)).live?.channel);
  }
  return versions;
}

const CHANNEL = "channels/stable.json";

function filesOf(tree: Tree): Map<string, Uint8Array> {
  return new Map(
    Object.entries(tree).flatMap(([path, content]) =>
      content === undefined ? [] : [[path, contentBytes(content)] as const],
    ),
  );
}
