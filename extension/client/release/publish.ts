// The commands that make a release: one that writes it beside the project, and one that brings it to the server.

import { type CancellationToken, l10n, ProgressLocation, Uri, window, workspace } from "vscode";
import { uriIn } from "../../shared/project-files.ts";
import type { Draft } from "../../shared/release.ts";
import { showInformation } from "../messages.ts";
import { chooseProject } from "../projects.ts";
import type { Api } from "./api.ts";
import { confirms } from "./choose.ts";
import { shortDigest } from "./documents.ts";
import { checkSigner, describeDraft, findGround, type Ground, makeDraft } from "./make-release.ts";
import { bringRelease } from "./registry.ts";
import { giveToEverybody, startCanary } from "./rollout-commands.ts";
import { beginSigning, keyIdOf, type SignedDraft, signDraft } from "./sign-draft.ts";
import { getApi, type Target, type Tools } from "./tools.ts";

/** Where drafts of the command line lie too. */
const FOLDER = "draft";

/** What was made. Undefined where the person stopped it, or the project does not build. */
type Made = { draft: Draft; ground: Ground; signed: SignedDraft };

/**
 * Builds and signs a project and writes it as a draft folder, as `haggle release draft` and `sign` do: for whoever else
 * has to sign, or to be published elsewhere.
 */
export async function buildRelease(tools: Tools, target: Target): Promise<Uri | undefined> {
  const project = await projectOf(tools, target);
  if (project === undefined) return undefined;
  const api = await getApi(tools);
  if (api === undefined) return undefined;
  const folderOf = (version: number) => Uri.parse(uriIn(project, `${FOLDER}-v${version}`));
  const made = await make(tools, api, project, target, ({ version }) => checkNew(folderOf(version)));
  if (made === undefined) return undefined;
  const { signed, ground } = made;
  const folder = folderOf(signed.version);
  await workspace.fs.createDirectory(folder);
  const files: [string, Uint8Array][] = [
    ["root.json", ground.rootBytes],
    ...(ground.previous === undefined
      ? []
      : ([["previous.json", ground.previous.bytes]] as [string, Uint8Array][])),
    ["bundle.wasm", signed.bundle],
    ["release.json", signed.release],
  ];
  for (const [name, bytes] of files) await workspace.fs.writeFile(Uri.joinPath(folder, name), bytes);
  const place = workspace.asRelativePath(folder);
  void showInformation(
    ground.root.roles.release.threshold > 1
      ? l10n.t(
          "Release v{0} lies in {1}. The others go on with `haggle release cosign`.",
          signed.version,
          place,
        )
      : l10n.t(
          "Release v{0} lies in {1}, signed, bundle {2}.",
          signed.version,
          place,
          shortDigest(signed.digest),
        ),
  );
  return folder;
}

/** Builds, signs and brings a release to the server. Nobody gets it by that; what may come next is offered. */
export async function publishRelease(tools: Tools, target: Target): Promise<SignedDraft | undefined> {
  const project = await projectOf(tools, target);
  if (project === undefined) return undefined;
  const api = await getApi(tools);
  if (api === undefined) return undefined;
  const made = await make(tools, api, project, target, checkAlone);
  if (made === undefined) return undefined;
  const { signed, ground } = made;
  await inProgress(l10n.t("Publishing release v{0}", signed.version), (token) =>
    bringRelease(api, signed, abortedBy(token)),
  );
  await tools.watcher.refresh();
  if (!target.confirmed) void offerNext(tools, signed, ground);
  return signed;
}

/** `check` may refuse before anything is built and anybody asked to sign. */
async function make(
  tools: Tools,
  api: Api,
  project: string,
  target: Target,
  check: (ground: Ground) => void | Promise<void>,
): Promise<Made | undefined> {
  const { extension, connection, signingKey } = tools;
  const channel = target.channel ?? connection.channel();
  const built = await inProgress(l10n.t("Building a release"), async (token) => {
    const ground = await findGround(api, channel, abortedBy(token));
    await check(ground);
    const draft = await makeDraft(extension.client, project, ground, token);
    return draft && { draft, ground };
  });
  if (built === undefined) return undefined;
  const { draft, ground } = built;
  const signer = await signingKey.open();
  if (signer === undefined) return undefined;
  const keyId = await keyIdOf(signer);
  checkSigner(ground, keyId);
  const question = l10n.t("Sign release v{0} with the key {1}?", ground.version, shortDigest(keyId));
  if (!target.confirmed && !(await confirms(question, describeDraft(draft, ground), l10n.t("Sign"))))
    return undefined;
  const sign = ground.root.roles.release.threshold > 1 ? beginSigning : signDraft;
  const signed = await inProgress(l10n.t("Signing release v{0}", ground.version), async (token) => {
    const done = await sign(draft, signer);
    // A command that signs is not stopped; what it has signed is forgotten.
    return token.isCancellationRequested ? undefined : done;
  });
  return signed && { draft, ground, signed };
}

/** A draft may have the signatures of others by now, who would have to sign again. */
async function checkNew(folder: Uri): Promise<void> {
  const isThere = await workspace.fs.stat(folder).then(
    () => true,
    // It is not, which is how it should be.
    () => false,
  );
  if (!isThere) return;
  throw new Error(
    l10n.t("There is a draft already, in {0}. Publish it, or delete it.", workspace.asRelativePath(folder)),
  );
}

/** One person's signature is not enough everywhere. */
function checkAlone({ root }: Ground): void {
  const { threshold } = root.roles.release;
  if (threshold === 1) return;
  throw new Error(
    l10n.t(
      'The root wants {0} signatures. "Build and Sign a Release" writes a draft that the others can sign.',
      threshold,
    ),
  );
}

async function projectOf({ extension }: Tools, { root }: Target): Promise<string | undefined> {
  return root ?? (await chooseProject(extension.client))?.root;
}

async function offerNext(
  tools: Tools,
  { sha256, version }: SignedDraft,
  { previous }: Ground,
): Promise<void> {
  const text = l10n.t("Release v{0} is published. Nobody gets it yet.", version);
  const [few, all] = [l10n.t("Start Canary…"), l10n.t("Give to Everybody…")];
  // Without a release before it there is nobody to move from another one.
  const chosen = await showInformation(text, ...(previous === undefined ? [all] : [few, all]));
  if (chosen === few) await tools.run(() => startCanary(tools, { release: sha256 }));
  if (chosen === all) await tools.run(() => giveToEverybody(tools, { release: sha256 }));
}

function inProgress<T>(title: string, work: (token: CancellationToken) => Promise<T>): Promise<T> {
  const options = { location: ProgressLocation.Notification, title, cancellable: true };
  return Promise.resolve(window.withProgress(options, (_progress, token) => work(token)));
}

function abortedBy(token: CancellationToken): AbortSignal {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  token.onCancellationRequested(() => controller.abort());
  return controller.signal;
}
