import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { verifyRoot } from "@haggle/sdk";
import { encryptSecretKey } from "@haggle/sdk/node";
import { parseSecretKey, type Signer, signerFromSecretKey, signerFromSeed } from "@haggle/sdk/sign";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { TEMPLATE_FOLDER } from "../../engine/cli/assets.ts";
import { progressOf, readDraft } from "../../engine/cli/trust/draft-folder.ts";
import { keyHost } from "../../extension/client/host/node.ts";
import { type Api, createApi } from "../../extension/client/release/api.ts";
import {
  type Board,
  type Gate,
  liveRolloutOf,
  loadBoard,
  type Rollout,
} from "../../extension/client/release/board.ts";
import { changeLines, changesBetween } from "../../extension/client/release/changes.ts";
import { comparisonReport } from "../../extension/client/release/comparison-report.ts";
import {
  fromBase64,
  listReleases,
  readBundle,
  readRelease,
  readRoot,
  toBase64,
} from "../../extension/client/release/documents.ts";
import { explainError } from "../../extension/client/release/explain-error.ts";
import type { Item } from "../../extension/client/release/item.ts";
import { outlineOf, statusOf } from "../../extension/client/release/outline.ts";
import {
  bringRelease,
  moveRollout,
  parseShare,
  pointChannel,
  startRollout,
  stepsFrom,
} from "../../extension/client/release/registry.ts";
import { beginSigning, keyIdOf, signDraft } from "../../extension/client/release/sign-draft.ts";
import {
  ADD_CARTS,
  type CartsAdded,
  type ComparisonEnded,
  type ComparisonOpened,
  DRAFT,
  type Draft,
  type DraftAnswer,
  END_COMPARISON,
  OPEN_COMPARISON,
} from "../../extension/shared/release.ts";
import { makeKey } from "../support/api-keys.ts";
import { builtExtension } from "../support/extension.ts";
import { type ExtensionServer, startExtensionServer } from "../support/extension-server.ts";
import { makeCart, makeLine } from "../support/release.ts";
import { type Editor, openEditor } from "./editor.ts";

// What the extension does with a server, without VS Code around it: a draft of the language server, signed on this side,
// published, given to a few and taken back, and what tree and status bar say of it.

vi.setConfig({ testTimeout: 60_000, hookTimeout: 180_000 });

/** Stands for VS Code's translations: the English words. */
const l10n = {
  t: (message: string, ...values: (string | number)[]) =>
    message.replace(/\{(\d)\}/g, (_all, at: string) => String(values[Number(at)])),
};

const RULE = "rules/spend-and-save.rule.ts";

let shop: ExtensionServer;
let api: Api;
let folder: string;
let editor: Editor;
let signer: Signer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "haggle-release-"));
  await cp(TEMPLATE_FOLDER, folder, { recursive: true });
  const bundle = await builtExtension();
  editor = await openEditor(bundle, { folders: [pathToFileURL(folder).href] });
  shop = await startExtensionServer();
  api = createApi(shop.url, shop.key);
  signer = await signerFromSecretKey(fromBase64(shop.signingKey));
});
afterAll(async () => {
  await editor?.close();
  await shop?.close();
  await rm(folder, { recursive: true, force: true });
});

async function draft(version: number, previous?: string): Promise<Draft> {
  const request = {
    root: pathToFileURL(folder).href,
    version,
    now: Date.now(),
    ...(previous && { previous }),
  };
  const answer = await editor.request<DraftAnswer>(DRAFT, request);
  if (!answer.ok) throw new Error(JSON.stringify(answer.problems));
  return answer;
}

const look = (from = api): Promise<Board> => loadBoard(from, { channel: "stable", known: new Map() });

const outline = (board: Board): Item[] => outlineOf(board, { rules: [], l10n, locale: "en" });

/** Labels and descriptions of a section, with what stands below each. */
function told(items: readonly Item[], id: string): string[] {
  const show = ({ label, description }: Item) =>
    description === undefined ? label : `${label} | ${description}`;
  return (items.find((item) => item.id === id)?.children ?? []).flatMap((item) => [
    show(item),
    ...(item.children ?? []).map((child) => `  ${show(child)}`),
  ]);
}

describe("a release", () => {
  it("is built by the language server, signed on this side, and taken by the registry", async () => {
    const [before] = await listReleases(api);
    const signed = await signDraft(await draft(2, before!.sha256), signer);
    await bringRelease(api, signed);
    // Said again, it is there.
    await bringRelease(api, signed);
    const [entry] = await listReleases(api);
    expect(entry).toMatchObject({
      ...{ version: 2, sha256: signed.sha256, bundle: signed.digest, promotions: 1, channels: [] },
      signers: [await keyIdOf(signer)],
    });
    // Nobody gets it yet.
    expect(statusOf(await look(), "stable", l10n).text).toBe("stable · v1");
  });

  it("of a stranger, or half signed, is refused with the server's own words", async () => {
    const stranger = await signerFromSeed(new Uint8Array(32).fill(99));
    const refused = bringRelease(api, await signDraft(await draft(3), stranger));
    await expect(refused).rejects.toMatchObject({ code: expect.stringMatching(/^SIGNATURE_/), status: 422 });
    await refused.catch((error: unknown) => expect(explainError(error, l10n)).toMatch(/^SIGNATURE_\w+: \w/));
    // The first of two signatures: the bundle has it, the release waits.
    const begun = await beginSigning(await draft(3), signer);
    await expect(bringRelease(api, begun)).rejects.toMatchObject({ code: "DOCUMENT_UNSIGNED" });
  });

  it("goes on in the command line's hands, whole or with the first of several signatures", async () => {
    const { bytes } = await readRoot(api);
    const trusted = await verifyRoot(bytes);
    const keyId = await keyIdOf(signer);
    const made = await draft(3);
    const parts = [await beginSigning(made, signer), await signDraft(made, signer)];
    const progress = parts.map(async ({ bundle, release }, i) => {
      const place = join(folder, `draft-${i}`);
      await mkdir(place);
      await writeFile(join(place, "bundle.wasm"), bundle);
      await writeFile(join(place, "release.json"), release);
      return progressOf(await readDraft(place), trusted);
    });
    expect(await Promise.all(progress)).toMatchObject([
      { sealed: false, bundle: { signed: [keyId] }, release: { signed: [] } },
      { sealed: true, bundle: { signed: [keyId] }, release: { signed: [keyId], isComplete: true } },
    ]);
  });

  it("says what it changes", async () => {
    const [, first] = await listReleases(api);
    const { release: before } = await readRelease(api, first!.sha256);
    const { release } = await draft(3);
    const lines = changeLines(changesBetween(before, release), l10n);
    expect(lines[0]).toBe("new: spend-and-save");
    expect(lines[1]).toBe("gone: shoes-ten-percent, 满300减50");
    expect(changeLines(changesBetween(release, { ...release, version: 9, issued: 1 }), l10n)).toEqual([
      "no promotion, policy or bound changes; the code of rules may",
    ]);
    const [promotion] = release.promotions;
    const other = { ...release, promotions: [{ ...promotion!, priority: 99 }] };
    expect(changesBetween(release, other)).toMatchObject({
      added: [],
      removed: [],
      changed: [promotion!.id],
    });
  });
});

describe("a rollout", () => {
  it("begins with a few, pauses, goes on, and is taken back", async () => {
    const [second, first] = await listReleases(api);
    const started = await startRollout(api, { channel: "stable", to: second!.sha256, steps: stepsFrom(500) });
    if ("approval" in started) throw new Error("nobody has to agree here");
    expect(started).toMatchObject({ state: "running", weightBp: 500, from: first!.sha256 });
    expect(started.steps.map(({ weightBp }) => weightBp)).toEqual([500, 2_500, 5_000, 10_000]);

    const board = await look();
    expect(statusOf(board, "stable", l10n)).toEqual({
      text: "stable · v1 · canary 5 %",
      tooltip: `${shop.url}: stable\nv1 95 %\nv2 5 %`,
    });
    const items = outline(board);
    expect(told(items, "channels")).toEqual([
      "stable | v1 95 % · v2 5 %",
      "  v1 | 95 % of shoppers",
      "  v2 | 5 % of shoppers",
    ]);
    expect(told(items, "rollouts")[0]).toBe("stable: v1 → v2 | running · 5 % · step 1 of 4");
    expect(told(items, "rules")).toContain("spend-and-save | v2 on stable");
    expect(told(items, "rules")).toContain("满300减50 | v1 on stable");
    expect(told(items, "releases")[0]).toMatch(/^v2 \| .+ · stable 5 % · signed by [0-9a-f]{12}$/);
    expect(told(items, "experiments")).toEqual(["none yet"]);

    const { id } = liveRolloutOf(board, "stable")!;
    await moveRollout(api, id, "pause");
    expect(statusOf(await look(), "stable", l10n).text).toBe("stable · v1 · canary 5 % · paused");
    await moveRollout(api, id, "resume");
    await expect(moveRollout(api, id, "promote")).rejects.toMatchObject({ code: "SERVER_BAD_REQUEST" });
    await moveRollout(api, id, "rollback", "the test goes on");
    const after = await look();
    expect(statusOf(after, "stable", l10n).text).toBe("stable · v1");
    expect(told(outline(after), "rollouts")[0]).toBe("stable: v1 → v2 | rolled back");
  });

  it("shows a rule of two projects twice, each with what the server has of it", async () => {
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } };
    const rules = ["one", "other"].map((project) => ({
      ...{
        name: "spend-and-save",
        kind: "promotion" as const,
        file: RULE,
        uri: `file:///${project}/${RULE}`,
      },
      ...{ function: "spendAndSave", range, decoratorRange: range, priority: 0, template: false },
      parameters: {} as never,
    }));
    const items = outlineOf(await look(), { rules, l10n, locale: "en" });
    const shown = items.find(({ id }) => id === "rules")!.children!;
    const own = shown.filter(({ label }) => label === "spend-and-save");
    expect(own.map(({ description }) => description)).toEqual(Array(2).fill("published, on no channel"));
    // VS Code shows nothing at all of a tree in which two items have one id.
    const ids = (all: readonly Item[]): string[] =>
      all.flatMap(({ id, children }) => [id, ...ids(children ?? [])]);
    expect(ids(items).length).toBe(new Set(ids(items)).size);
  });

  it("has gates with their figures once the server has looked", async () => {
    const [second] = await listReleases(api);
    const started = await startRollout(api, {
      channel: "stable",
      to: second!.sha256,
      steps: stepsFrom(10_000),
    });
    if ("approval" in started) throw new Error("nobody has to agree here");
    const board = await look();
    const gates = [
      { name: "errorRate", verdict: "pass", estimate: 0, limit: 0.001, samples: 4_000, reason: "0 of 4000" },
      { name: "newest", verdict: "hold", estimate: 1, limit: 2, samples: 3, reason: "not certain yet" },
    ] satisfies Gate[];
    const judged: Rollout = { ...started, judgement: { verdict: "hold", samples: 4_000, gates } };
    const items = outline({ ...board, rollouts: { ok: true, value: [judged] } });
    expect(told(items, "rollouts")).toEqual([
      "stable: v1 → v2 | running · 100 % · step 1 of 1",
      "  4,000 samples of the new release",
      "  errors | 0 of 4000",
      "  newest | not certain yet",
    ]);
    await moveRollout(api, started.id, "promote", "seen");
    expect(statusOf(await look(), "stable", l10n).text).toBe("stable · v2");
    // And back, which is said to be meant.
    const [, first] = await listReleases(api);
    const back = { release: first!.sha256 };
    await expect(pointChannel(api, "stable", back)).rejects.toMatchObject({ status: expect.any(Number) });
    await pointChannel(api, "stable", { ...back, older: true, reason: "the test goes on" });
    expect(statusOf(await look(), "stable", l10n).text).toBe("stable · v1");
  });

  it("takes shares as people say them", () => {
    expect(["5", "0.5", "5 %", "100", "0.01%"].map(parseShare)).toEqual([500, 50, 500, 10_000, 1]);
    expect(["", "0", "101", "5.123", "-1", "five", "1e2"].map(parseShare)).toEqual(Array(7).fill(undefined));
  });
});

describe("two releases on recorded carts", () => {
  it("are compared by the language server a piece at a time, and told as a page", async () => {
    const [second, first] = await listReleases(api);
    const { bytes: root } = await readRoot(api);
    const served = async (sha256: string) => {
      const { bytes, release } = await readRelease(api, sha256);
      const bundle = await readBundle(api, release.bundles[0]!.sha256);
      return { bundle: toBase64(bundle), release: toBase64(bytes), root: toBase64(root) };
    };
    const releases = { a: await served(first!.sha256), b: await served(second!.sha256) };
    const opened = await editor.request<ComparisonOpened>(OPEN_COMPARISON, releases);
    if (!opened.ok) throw new Error(opened.message);
    const { comparison } = opened;
    const cart = (unitPrice: number) => JSON.stringify(makeCart({ lines: [makeLine({ unitPrice })] }));
    const add = (lines: string[], firstLine: number) =>
      editor.request<CartsAdded>(ADD_CARTS, { comparison, lines: lines.join("\n"), firstLine });
    expect(await add([cart(20_000), cart(5_000), ""], 1)).toEqual({ ok: true, read: 2 });
    expect(await add(["{broken", cart(100)], 4)).toEqual({ ok: true, read: 2 });
    const ended = await editor.request<ComparisonEnded>(END_COMPARISON, { comparison });
    if (!ended.ok) throw new Error(ended.message);
    const { carts, currencies, refusals } = ended.figures;
    expect(carts).toMatchObject({ read: 4, both: 3, neither: 1 });
    expect(refusals).toMatchObject([{ code: "CLI_NOT_JSON", line: 4 }]);
    // Release 1 takes ten percent off shoes besides.
    expect(currencies[0]).toMatchObject({
      currency: "CNY",
      carts: { all: 3, cheaper: 0, dearer: 3, same: 0 },
    });
    const page = comparisonReport(ended.figures, {
      ...{ l10n, locale: "en" },
      minorDigits: ended.minorDigits,
    });
    expect(page).toContain("# What release v2 would have changed");
    expect(page).toContain("3 carts: **0 cheaper**, **3 dearer**, 0 the same.");
    expect(page).toMatch(/\| shoppers pay \| CN¥[\d,.]+ \| CN¥[\d,.]+ \| \\?\+CN¥[\d,.]+ \|/);
    // An editor's own tables say that forints have no hundredths, and carts count them.
    const [yuan] = ended.figures.currencies;
    const others = ["HUF", "JPY", "KWD"].map((currency) => ({ ...yuan!, currency }));
    const minorDigits = { HUF: 2, JPY: 0, KWD: 3 };
    const other = comparisonReport(
      { ...ended.figures, currencies: others },
      { l10n, locale: "en", minorDigits },
    );
    const { total } = yuan!.sums.a;
    for (const [currency, digits] of Object.entries(minorDigits)) {
      const sum = (total / 10 ** digits).toLocaleString("en", { minimumFractionDigits: digits });
      expect(other.slice(other.indexOf(`## ${currency}`))).toMatch(
        new RegExp(`^.*\n[^#]*shoppers pay \\| \\D*${sum.replaceAll(".", "\\.")} `),
      );
    }
    // It is over, and another that nobody opened never was.
    expect(await add([cart(1)], 1)).toMatchObject({ ok: false });

    const forged = {
      ...releases.b,
      release: releases.b.release.replace(/^.{60}/, releases.a.release.slice(0, 60)),
    };
    const bundle = { ...releases.b, bundle: releases.a.bundle };
    for (const b of [bundle, { ...forged, root: releases.a.bundle }]) {
      expect(await editor.request(OPEN_COMPARISON, { ...releases, b })).toMatchObject({
        ok: false,
        code: expect.stringMatching(/^[A-Z_]+$/),
      });
    }
  });
});

describe("a key of few scopes", () => {
  it("shows what a key may see, and says why not of the rest", async () => {
    await expect(look(createApi(shop.url, "hg_live_wrong"))).rejects.toMatchObject({ status: 401 });
    const { key } = await makeKey(shop.server, shop.key, ["publish"]);
    const board = await look(createApi(shop.url, key));
    expect(statusOf(board, "stable", l10n).text).toBe("stable · v1");
    const [why] = told(outline(board), "rollouts");
    expect(why).toMatch(/^SERVER_\w+: .+ Connect with a key that has the scope\. \| click to try again$/);
    expect(told(outline(board), "releases")).not.toEqual([]);
  });
});

describe("a key that a passphrase protects", () => {
  it("opens with it and with no other", async () => {
    const secret = parseSecretKey(fromBase64(shop.signingKey));
    const encode = (text: string) => new TextEncoder().encode(text);
    const file = await encryptSecretKey(secret, encode("long enough"));
    const plain = await keyHost!.decrypt(file, encode("long enough"));
    expect(toBase64(plain)).toBe(shop.signingKey);
    await expect(keyHost!.decrypt(file, encode("another one"))).rejects.toMatchObject({
      code: "CLI_KEY_LOCKED",
    });
  });
});
