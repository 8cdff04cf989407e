// Whether the bundles that lie in a project would be taken by those who run them. The SDK's own check runs, so that
// the editor, the build, the server and a shopper's browser cannot disagree. Signatures need keys, which an editor has
// not: `haggle bundle verify` looks at those.

import { basename, dirname, join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { HaggleError } from "@haggle/abi";
import { verifyProfile } from "@haggle/sdk";
import { explainError } from "@haggle/sdk/error-texts";
import {
  type Connection,
  DiagnosticSeverity,
  ErrorCodes,
  type Event,
  FileChangeType,
  type FileEvent,
  type Diagnostic as LspDiagnostic,
  ResponseError,
  type ServerCapabilities,
  type TextDocuments,
} from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { ViewLocale } from "../../shared/price.ts";
import { canonicalUri, rootOfRules } from "../../shared/project-files.ts";
import { type BundleVerdict, DIAGNOSTIC_SOURCE, VERIFY_BUNDLE } from "../../shared/protocol.ts";
import { findProjectAbove, findSource, readBundle } from "../bundle-file.ts";
import { findPath } from "../files/node.ts";
import { inWords, say } from "../words/say.ts";
import { tell } from "../words/tell.ts";

/** Where `haggle build` writes when nobody says otherwise. */
const BUILT = "dist/bundle.wasm";

/** A bundle is one file: what is said of it stands at its beginning, and the offset in the message. */
const BEGINNING = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };

/**
 * Verifies a project's built bundle when the first of its rules is opened, every bundle of a project when it changes
 * on disk, and any file at all by command; what is refused is shown on the file.
 */
export function registerBundles({
  connection,
  documents,
  onFileChange,
  locale,
}: {
  connection: Connection;
  documents: TextDocuments<TextDocument>;
  onFileChange: Event<FileEvent>;
  locale: () => ViewLocale;
}): ServerCapabilities {
  /** By file: the look begun last; an older one that reads more slowly has nothing to say any more. */
  const latest = new Map<string, symbol>();
  /** Files that show something now, by their path. */
  const marked = new Set<string>();
  /** Projects whose built bundle was looked at. */
  const seen = new Set<string>();

  documents.onDidOpen(({ document }) => {
    const address = rootOfRules(canonicalUri(document.uri));
    const root = address && findPath(address);
    if (root === undefined || seen.has(root)) return;
    seen.add(root);
    void inBackground(join(root, BUILT));
  });
  onFileChange(({ uri, type }) => {
    const path = findBundlePath(uri);
    if (path === undefined) return;
    void inBackground(path, type === FileChangeType.Deleted);
  });
  connection.onExecuteCommand(async ({ command, arguments: [uri] = [] }) => {
    if (command !== VERIFY_BUNDLE)
      throw new ResponseError(ErrorCodes.MethodNotFound, `no command ${command}`);
    const path = typeof uri === "string" ? findPath(uri) : undefined;
    if (path === undefined) {
      throw new ResponseError(ErrorCodes.InvalidParams, `${VERIFY_BUNDLE} needs the URI of a file`);
    }
    const verdict = await look(path);
    if (verdict === undefined)
      throw new ResponseError(ErrorCodes.InvalidParams, tell(locale(), "There is no file {0}", path));
    return verdict;
  });

  async function inBackground(path: string, isGone = false): Promise<void> {
    try {
      // A workspace may hold modules of that name that are no business of ours.
      if (isGone || (await findProjectAbove(path)) !== undefined) await look(path);
    } catch (cause) {
      connection.console.error(`${path}: ${cause instanceof Error ? cause.stack : cause}`);
    }
  }

  /** Verifies a file and shows what comes of it; undefined when it is not there. */
  async function look(path: string): Promise<BundleVerdict | undefined> {
    const run = Symbol(path);
    latest.set(path, run);
    const found = await verify(path);
    const verdict = found === undefined || found.ok ? found : inWords(found, locale());
    if (latest.get(path) === run) await show(path, verdict);
    return verdict;
  }

  async function show(path: string, verdict: BundleVerdict | undefined): Promise<void> {
    const diagnostics = verdict === undefined || verdict.ok ? [] : [toLsp(verdict, locale())];
    if (diagnostics.length === 0 && !marked.delete(path)) return;
    if (diagnostics.length > 0) marked.add(path);
    await connection.sendDiagnostics({ uri: pathToFileURL(path).href, diagnostics });
  }

  return { executeCommandProvider: { commands: [VERIFY_BUNDLE] } };
}

/** Of a file that has a bundle's name, outside of what npm installed. */
function findBundlePath(uri: string): string | undefined {
  const path = uri.endsWith(".wasm") ? findPath(uri) : undefined;
  if (path === undefined) return undefined;
  const isBundle = basename(path) === "bundle.wasm" || basename(dirname(path)) === "bundles";
  return isBundle && !path.split(sep).includes("node_modules") ? path : undefined;
}

async function verify(path: string): Promise<BundleVerdict | undefined> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readBundle(path);
    if (bytes === undefined) return undefined;
    const { functions, memoryPages, maxStackDepth } = verifyProfile(bytes);
    return { ok: true, functions, memoryPages, maxStackDepth };
  } catch (cause) {
    if (!(cause instanceof HaggleError)) throw cause;
    const at = Number(cause.at);
    const root = await findProjectAbove(path);
    const source = bytes && root !== undefined ? await findSource({ path, bytes, root }, at) : undefined;
    return {
      ok: false,
      code: cause.code,
      at,
      message: explainError(cause),
      ...(source && { place: { uri: pathToFileURL(join(root!, source.file)).href, line: source.line } }),
    };
  }
}

function toLsp(
  { code, at, message, place }: BundleVerdict & { ok: false },
  locale: ViewLocale,
): LspDiagnostic {
  const start = { line: place?.line ?? 0, character: 0 };
  return {
    severity: DiagnosticSeverity.Error,
    source: DIAGNOSTIC_SOURCE,
    code,
    message: say({ code, message: `No host takes this bundle: ${message}` }, locale),
    range: BEGINNING,
    data: { at },
    ...(place && {
      relatedInformation: [
        {
          location: { uri: place.uri, range: { start, end: start } },
          message: say({ code, message: `byte ${at} comes from here` }, locale),
        },
      ],
    }),
  };
}
