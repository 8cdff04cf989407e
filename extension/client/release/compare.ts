// Two releases on recorded carts: chosen here, priced in the language server's worker a piece at a time, and shown as a
// page. The recording stays on this machine.

import { env, l10n, ProgressLocation, type Uri, window, workspace } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import {
  ADD_CARTS,
  type CartsAdded,
  type ComparisonEnded,
  type ComparisonFailed,
  type ComparisonOpened,
  END_COMPARISON,
  OPEN_COMPARISON,
  type ServedRelease,
} from "../../shared/release.ts";
import type { Api } from "./api.ts";
import { mainReleaseOf } from "./board.ts";
import { chooseRelease } from "./choose.ts";
import { comparisonReport } from "./comparison-report.ts";
import { readBundle, readRelease, readRoot, toBase64 } from "./documents.ts";
import type { ReportDocuments } from "./report-documents.ts";
import { getApi, lookNow, type Target, type Tools } from "./tools.ts";

/** What is held in memory at once; `haggle replay` reads files of any length. */
const MOST_BYTES = 256 * 1024 * 1024;
/** Carts of one message: little enough that a check while typing need not wait for it. */
const PIECE_CHARACTERS = 512 * 1024;

/** For whoever has chosen already. `other` is what `release` is compared with. */
export type CompareTarget = Target & { other?: string; recording?: Uri };

export async function compareReleases(
  tools: Tools,
  reports: ReportDocuments,
  target: CompareTarget,
): Promise<Uri | undefined> {
  const api = await getApi(tools);
  if (api === undefined) return undefined;
  const board = await lookNow(tools);
  const main = mainReleaseOf(board, target.channel ?? tools.connection.channel());
  const b =
    target.release ??
    (await chooseRelease(board, { title: l10n.t("Which release is to be looked at (B)?"), except: main }))
      ?.sha256;
  if (b === undefined) return undefined;
  const a =
    target.other ??
    (await chooseRelease(board, { title: l10n.t("What is it compared with (A)?"), except: b }))?.sha256;
  if (a === undefined) return undefined;
  const recording = target.recording ?? (await askRecording());
  if (recording === undefined) return undefined;
  const text = await readRecording(recording);
  const ended = await price(tools.extension.client, api, { a, b }, text);
  if (ended === undefined) return undefined;
  const { figures, minorDigits } = ended;
  const report = comparisonReport(figures, { l10n, locale: env.language, minorDigits });
  const { a: old, b: fresh } = figures.releases;
  return reports.show(`v${old.version}-v${fresh.version}.md`, report);
}

/** Undefined where it is cancelled. */
async function price(client: BaseLanguageClient, api: Api, { a, b }: { a: string; b: string }, text: string) {
  const title = l10n.t("Comparing two releases");
  const options = { location: ProgressLocation.Notification, title, cancellable: true };
  return window.withProgress(options, async (progress, token) => {
    const { bytes: root } = await readRoot(api);
    const releases = { a: await fetchRelease(api, a, root), b: await fetchRelease(api, b, root) };
    const { comparison } = done(
      await client.sendRequest<ComparisonOpened | ComparisonFailed>(OPEN_COMPARISON, releases),
    );
    let carts = 0;
    for (const { lines, firstLine, share } of piecesOf(text)) {
      const added = done(await client.sendRequest<CartsAdded>(ADD_CARTS, { comparison, lines, firstLine }));
      if (token.isCancellationRequested) break;
      carts += added.read;
      progress.report({
        message: l10n.t("{0} carts", carts.toLocaleString(env.language)),
        increment: share * 100,
      });
    }
    // Ended in any case: what is not wanted any more is not kept either.
    const ended = done(await client.sendRequest<ComparisonEnded>(END_COMPARISON, { comparison }));
    return token.isCancellationRequested ? undefined : ended;
  });
}

async function fetchRelease(api: Api, sha256: string, root: Uint8Array): Promise<ServedRelease> {
  const { bytes, release } = await readRelease(api, sha256);
  const bundle = await readBundle(api, release.bundles[0]!.sha256);
  return { bundle: toBase64(bundle), release: toBase64(bytes), root: toBase64(root) };
}

/** Whole lines, and how large a share of all they are. */
function* piecesOf(text: string): Generator<{ lines: string; firstLine: number; share: number }> {
  let firstLine = 1;
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf("\n", Math.min(text.length, from + PIECE_CHARACTERS));
    const to = end === -1 ? text.length : end;
    const lines = text.slice(from, to);
    yield { lines, firstLine, share: (to - from) / text.length };
    firstLine += lines.split("\n").length;
    from = to + 1;
  }
}

function done<T extends { ok: boolean }>(answer: T): Extract<T, { ok: true }> {
  if (answer.ok) return answer as Extract<T, { ok: true }>;
  const { code, message } = answer as unknown as ComparisonFailed;
  throw new Error(
    code === undefined
      ? l10n.t("The comparison was broken off: another one began, or the compiler was started anew.")
      : `${code}: ${message}`,
  );
}

async function askRecording(): Promise<Uri | undefined> {
  const [file] =
    (await window.showOpenDialog({
      title: l10n.t("Recorded carts, one to a line"),
      filters: { [l10n.t("Recorded carts")]: ["ndjson", "jsonl"] },
    })) ?? [];
  return file;
}

async function readRecording(file: Uri): Promise<string> {
  const { size } = await workspace.fs.stat(file);
  if (size > MOST_BYTES) {
    throw new Error(
      l10n.t("The recording is larger than 256 MB; `haggle replay` takes files of any length."),
    );
  }
  return new TextDecoder().decode(await workspace.fs.readFile(file));
}
