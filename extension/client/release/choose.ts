// What commands ask when nobody has said it: which release, channel or rollout.

import { env, l10n, type QuickPickItem, window } from "vscode";
import { type Board, isLive, type Rollout } from "./board.ts";
import { type ReleaseEntry, shortDigest } from "./documents.ts";
import { moment, nameOf, percent } from "./item.ts";

export async function chooseRelease(
  board: Board,
  { title, except }: { title: string; except?: string | undefined },
): Promise<ReleaseEntry | undefined> {
  if (!board.releases.ok) throw board.releases.error;
  const releases = board.releases.value.filter(({ sha256 }) => sha256 !== except);
  if (releases.length === 0) throw new Error(l10n.t("The server has no release for this; publish one."));
  const items = releases.map((release) => ({
    label: `v${release.version}`,
    description: [moment(release.issued, env.language), ...release.channels].join(" · "),
    detail: shortDigest(release.sha256),
    release,
  }));
  return (await window.showQuickPick(items, { title, ignoreFocusOut: true, matchOnDetail: true }))?.release;
}

export async function chooseChannel(board: Board, usual: string): Promise<string | undefined> {
  if (!board.channels.ok) return usual;
  const names = [...board.channels.value.keys()];
  const sorted = [usual, ...names.filter((name) => name !== usual)].filter(
    (name) => names.length === 0 || names.includes(name),
  );
  return chooseOne(sorted, (label) => ({ label }), l10n.t("On which channel?"));
}

/** Among those under way. Undefined where there is none, or none is chosen. */
export function chooseRollout(
  board: Board,
  states: readonly Rollout["state"][],
): Promise<Rollout | undefined> {
  if (!board.rollouts.ok) throw board.rollouts.error;
  const rollouts = board.rollouts.value.filter((one) => isLive(one) && states.includes(one.state));
  return chooseOne(
    rollouts,
    ({ channel, from, to, weightBp }) => ({
      label: `${channel}: ${nameOf(from, board)} → ${nameOf(to, board)}`,
      description: percent(weightBp),
    }),
    l10n.t("Which rollout?"),
  );
}

async function chooseOne<T>(
  all: readonly T[],
  show: (one: T) => QuickPickItem,
  title: string,
): Promise<T | undefined> {
  if (all.length < 2) return all[0];
  const items = all.map((one) => ({ ...show(one), one }));
  return (await window.showQuickPick(items, { title, ignoreFocusOut: true }))?.one;
}

/** Why, for the audit log. Undefined where it is not said, so that nothing is done. */
export async function askReason(title: string): Promise<string | undefined> {
  const given = await window.showInputBox({
    title,
    prompt: l10n.t("Why? The audit log keeps it."),
    ignoreFocusOut: true,
    validateInput: (value) => (/^.{1,500}$/.test(value.trim()) ? undefined : l10n.t("1 to 500 characters")),
  });
  return given?.trim();
}

/** Whether a person says yes to what happens then. */
export async function confirms(text: string, detail: string, yes: string): Promise<boolean> {
  return (await window.showWarningMessage(text, { modal: true, detail }, yes)) === yes;
}
