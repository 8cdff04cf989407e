// From a project to a signed release: a draft from the language server, the server's root to know whose signatures it
// takes, and the author's key.

import { CancellationError, type CancellationToken, l10n, Range, Uri, window, workspace } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import { uriIn } from "../../shared/project-files.ts";
import {
  DRAFT,
  type Draft,
  type DraftAnswer,
  type DraftProblem,
  type DraftRequest,
} from "../../shared/release.ts";
import { showError } from "../messages.ts";
import type { Api } from "./api.ts";
import { ServerError } from "./api.ts";
import { changeLines, changesBetween } from "./changes.ts";
import {
  isRoot,
  listReleases,
  payloadOf,
  type ReleaseDocument,
  type RootDocument,
  readChannel,
  readRelease,
  readRoot,
  shortDigest,
} from "./documents.ts";
import { explainError } from "./explain-error.ts";

/** What a release follows at a server: its root, the newest version, and what the channel gives to most. */
export type Ground = {
  root: RootDocument;
  rootBytes: Uint8Array<ArrayBuffer>;
  /** One more than the newest. */
  version: number;
  previous?: { sha256: string; document: ReleaseDocument; bytes: Uint8Array<ArrayBuffer> };
};

/** @throws ServerError */
export async function findGround(api: Api, channel: string, signal?: AbortSignal): Promise<Ground> {
  const [{ root, bytes: rootBytes }, releases] = await Promise.all([
    readRoot(api, signal).catch((cause: unknown) => askRoot(api, cause)),
    listReleases(api, signal),
  ]);
  const version = Math.max(0, ...releases.map((release) => release.version)) + 1;
  const sha256 = await findMain(api, channel, signal);
  if (sha256 === undefined) return { root, rootBytes, version };
  const { release: document, bytes } = await readRelease(api, sha256, signal);
  return { root, rootBytes, version, previous: { sha256, document, bytes } };
}

/** A draft of the project as the editor shows it. Undefined where it is cancelled, or does not build, which is shown. */
export async function makeDraft(
  client: BaseLanguageClient,
  projectRoot: string,
  { root, version, previous }: Ground,
  token: CancellationToken,
): Promise<Draft | undefined> {
  const request: DraftRequest = {
    root: projectRoot,
    version,
    now: Date.now(),
    ...(previous && { previous: previous.sha256 }),
    ...(root.tenant !== undefined && { tenant: root.tenant }),
  };
  const answer = await client.sendRequest<DraftAnswer>(DRAFT, request, token);
  if (token.isCancellationRequested) return undefined;
  if (answer.ok) return answer;
  void showProblems(projectRoot, answer.problems);
  return undefined;
}

/** For the person who is to sign it. */
export function describeDraft({ release, warnings }: Draft, { previous, root }: Ground): string {
  const { threshold } = root.roles.release;
  const lines = [
    l10n.t("{0} promotions", release.promotions.length),
    ...changeLines(changesBetween(previous?.document, release), l10n),
    ...(warnings > 0 ? [l10n.t("{0} warnings", warnings)] : []),
    ...(threshold > 1 ? [l10n.t("The root wants {0} signatures.", threshold)] : []),
  ];
  return lines.join("\n");
}

/** Said before anything is signed in vain. */
export function checkSigner({ root }: Pick<Ground, "root">, keyId: string): void {
  const { keyids } = root.roles.release;
  if (keyids.includes(keyId)) return;
  throw new Error(
    l10n.t(
      "The server's root does not let the key {0} sign releases. These may: {1}",
      shortDigest(keyId),
      keyids.map(shortDigest).join(", "),
    ),
  );
}

async function findMain(
  api: Api,
  channel: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    const { arms } = await readChannel(api, channel, signal);
    return (arms.find(({ range }) => range[0] === 0) ?? arms[0])?.release;
  } catch (cause) {
    if (!(cause instanceof ServerError) || !NOTHING_YET.has(cause.code)) throw cause;
    return undefined;
  }
}

const NOTHING_YET: ReadonlySet<string> = new Set(["SERVER_NO_RELEASE", "SERVER_UNKNOWN_CHANNEL"]);

/**
 * A server tells its root when it has a release. Before the first one the person says which root it is, and it is
 * brought: said again it is no change.
 */
async function askRoot(api: Api, cause: unknown): Promise<Awaited<ReturnType<typeof readRoot>>> {
  if (!(cause instanceof ServerError) || cause.code !== "SERVER_NO_RELEASE") throw cause;
  const choose = l10n.t("Choose root.json");
  const text = l10n.t("The server has no release yet, and tells no root.");
  const detail = l10n.t(
    "A first release needs the root that says whose signatures count. `haggle keys root` makes one.",
  );
  const isMeant = (await window.showInformationMessage(text, { modal: true, detail }, choose)) === choose;
  const [file] =
    (isMeant && (await window.showOpenDialog({ title: choose, filters: { JSON: ["json"] } }))) || [];
  if (file === undefined) throw new CancellationError();
  const bytes = new Uint8Array(await workspace.fs.readFile(file));
  const root = readRootFile(bytes, file);
  await api.ask("PUT", `/v1/root/${root.version}`, { document: bytes }).catch((refused: unknown) => {
    // A key that may only publish need not bring it; the release is refused if nobody has.
    if (!(refused instanceof ServerError) || refused.status !== 403) throw refused;
  });
  return { bytes, root };
}

function readRootFile(bytes: Uint8Array, file: Uri): RootDocument {
  try {
    const root = payloadOf<RootDocument & { type: string }>(bytes);
    if (root.type === "root" && isRoot(root)) return root;
  } catch {
    // Whatever else it is, it is no root.
  }
  throw new Error(l10n.t("{0} is not a root document.", workspace.asRelativePath(file)));
}

/** The first one with a place can be gone to; the others stand in the list of problems. */
async function showProblems(projectRoot: string, problems: readonly DraftProblem[]): Promise<void> {
  const [first] = problems;
  if (first === undefined) return;
  const more = problems.length > 1 ? ` ${l10n.t("And {0} more.", problems.length - 1)}` : "";
  const text = l10n.t("The project does not build. {0}: {1}", first.code, first.message);
  if (first.file === "") {
    void showError(text + more);
    return;
  }
  const go = l10n.t("Go There");
  if ((await showError(text + more, go)) !== go) return;
  const uri = Uri.parse(uriIn(projectRoot, first.file));
  const { line, character } = first;
  await window
    .showTextDocument(uri, { selection: new Range(line, character, line, character) })
    .then(undefined, (cause: unknown) => showError(explainError(cause, l10n)));
}
