// The commands that move shoppers. Each names what happens before it does it, where it cannot be taken back by the next
// click; each says what the server made of it.

import { l10n, window } from "vscode";
import { showInformation } from "../messages.ts";
import { type Board, liveRolloutOf, mainReleaseOf, type Rollout, versionOf } from "./board.ts";
import { askReason, chooseChannel, chooseRelease, chooseRollout, confirms } from "./choose.ts";
import { nameOf, percent } from "./item.ts";
import { isWaiting, moveRollout, parseShare, pointChannel, startRollout, stepsFrom } from "./registry.ts";
import { stateOf } from "./rollout-items.ts";
import { getApi, lookNow, type Target, type Tools, tellWaiting } from "./tools.ts";

const DEFAULT_PERCENT = "5";
const UNDER_WAY: readonly Rollout["state"][] = ["running", "paused", "awaiting_approval"];

/** Gives a release to a share of a channel's shoppers, and lets the server go on from there. */
export async function startCanary(tools: Tools, target: Target): Promise<void> {
  const api = await getApi(tools);
  if (api === undefined) return;
  const board = await lookNow(tools);
  const channel = target.channel ?? (await chooseChannel(board, tools.connection.channel()));
  if (channel === undefined) return;
  const main = mainReleaseOf(board, channel);
  const to =
    target.release ?? (await chooseRelease(board, { title: l10n.t("Which release?"), except: main }))?.sha256;
  if (to === undefined) return;
  if (main === undefined) return giveToEverybody(tools, { ...target, channel, release: to });
  const share = target.percent === undefined ? await askShare() : parseShare(String(target.percent));
  if (share === undefined) return;
  const older = isOlder(board, to, main);
  const text = l10n.t("Give {0} of the shoppers on {1} an older release?", percent(share), channel);
  const detail = l10n.t("{0} instead of {1}.", nameOf(to, board), nameOf(main, board));
  if (older && !(await agrees(target, text, detail, l10n.t("Start Canary")))) return;
  const started = await startRollout(api, {
    channel,
    to,
    steps: stepsFrom(share),
    ...(older && { older: true }),
  });
  if (isWaiting(started)) tellWaiting(started.approval);
  else {
    void showInformation(
      l10n.t(
        "{0} of the shoppers on {1} get {2} now.",
        percent(started.weightBp),
        channel,
        nameOf(to, board),
      ),
    );
  }
  await tools.watcher.refresh();
}

export async function pauseRollout(tools: Tools, target: Target): Promise<void> {
  // Nobody gets another release by it, so it does not wait for a yes.
  const found = await findRollout(tools, target, ["running", "awaiting_approval"]);
  if (found !== undefined) await moveNow(tools, found.rollout.id, "pause", target.reason);
}

/** From there the server gives more of the shoppers the new release by itself. */
export async function resumeRollout(tools: Tools, target: Target): Promise<void> {
  const found = await findRollout(tools, target, ["paused"]);
  if (found === undefined) return;
  const { board, rollout } = found;
  const text = l10n.t("Go on with the rollout on {0}?", rollout.channel);
  if (await agrees(target, text, nextShare(board, rollout), l10n.t("Resume"))) {
    await moveNow(tools, rollout.id, "resume", target.reason);
  }
}

/** Says yes to the step that waits for it. */
export async function approveStep(tools: Tools, target: Target): Promise<void> {
  const found = await findRollout(tools, target, ["awaiting_approval"]);
  if (found === undefined) return;
  const { board, rollout } = found;
  const text = l10n.t("Say yes to the next step of the rollout on {0}?", rollout.channel);
  if (await agrees(target, text, nextShare(board, rollout), l10n.t("Approve"))) {
    await moveNow(tools, rollout.id, "approve", target.reason);
  }
}

/** Gives the new release to everybody now, over all gates. */
export async function promote(tools: Tools, target: Target): Promise<void> {
  const found = await findRollout(tools, target, UNDER_WAY);
  if (found === undefined) return;
  const { board, rollout } = found;
  const { channel, to, from, weightBp, judgement } = rollout;
  const gates = judgement?.gates
    .filter(({ verdict }) => verdict !== "pass")
    .map(({ name, reason: said }) => `${name}: ${said}`);
  await moveAll(tools, target, rollout, "promote", {
    title: l10n.t("Promote {0} on {1}", nameOf(to, board), channel),
    text: l10n.t("Give {0} to all shoppers on {1} now?", nameOf(to, board), channel),
    detail: [
      l10n.t(
        "{0} of them have it now, the others {1}. No gate is waited for.",
        percent(weightBp),
        nameOf(from, board),
      ),
      ...(gates ?? []),
    ].join("\n"),
    yes: l10n.t("Promote"),
  });
}

/**
 * Takes a rollout back from everybody. On a channel without one it gives everybody an older release, which is what is left
 * to go back to.
 */
export async function rollBack(tools: Tools, target: Target): Promise<void> {
  const api = await getApi(tools);
  if (api === undefined) return;
  const board = await lookNow(tools);
  const channel = target.channel ?? tools.connection.channel();
  const isNamed = target.rollout !== undefined || liveRolloutOf(board, channel) !== undefined;
  if (!isNamed) return goBack(tools, board, { ...target, channel });
  const found = await findRollout(tools, target, UNDER_WAY, board);
  if (found === undefined) return;
  const { to, from, weightBp } = found.rollout;
  await moveAll(tools, target, found.rollout, "rollback", {
    title: l10n.t("Roll back {0} on {1}", nameOf(to, board), found.rollout.channel),
    text: l10n.t("Take {0} back from all shoppers on {1}?", nameOf(to, board), found.rollout.channel),
    detail: l10n.t("{0} of them have it now; all of them get {1}.", percent(weightBp), nameOf(from, board)),
    yes: l10n.t("Roll Back"),
  });
}

/** Gives a release to all shoppers of a channel at once, without a rollout. */
export async function giveToEverybody(tools: Tools, target: Target): Promise<void> {
  const api = await getApi(tools);
  if (api === undefined) return;
  const board = await lookNow(tools);
  const channel = target.channel ?? (await chooseChannel(board, tools.connection.channel()));
  if (channel === undefined) return;
  const main = mainReleaseOf(board, channel);
  const release =
    target.release ?? (await chooseRelease(board, { title: l10n.t("Which release?"), except: main }))?.sha256;
  if (release === undefined) return;
  await point(tools, board, { ...target, channel, release });
}

async function goBack(tools: Tools, board: Board, target: Target & { channel: string }): Promise<void> {
  const main = mainReleaseOf(board, target.channel);
  if (main === undefined) throw new Error(l10n.t("The channel {0} has no release.", target.channel));
  const title = l10n.t("There is no rollout on {0}. Which release shall everybody get?", target.channel);
  const release = target.release ?? (await chooseRelease(board, { title, except: main }))?.sha256;
  if (release !== undefined) await point(tools, board, { ...target, release });
}

async function point(
  tools: Tools,
  board: Board,
  target: Target & { channel: string; release: string },
): Promise<void> {
  const { channel, release, reason } = target;
  const main = mainReleaseOf(board, channel);
  const rollout = liveRolloutOf(board, channel);
  const older = main !== undefined && isOlder(board, release, main);
  const text = l10n.t("Give {0} to all shoppers on {1} at once?", nameOf(release, board), channel);
  const lines = [
    main === undefined
      ? l10n.t("It is the first release of this channel.")
      : l10n.t("They have {0} now. There is no canary and no gate on this way.", nameOf(main, board)),
    ...(older ? [l10n.t("It is older than what they have.")] : []),
    ...(rollout === undefined ? [] : [l10n.t("The rollout under way ends by that.")]),
  ];
  if (!(await agrees(target, text, lines.join("\n"), l10n.t("Give to Everybody")))) return;
  const api = await getApi(tools);
  if (api === undefined) return;
  const body = { release, ...(older && { older: true as const }), ...(reason !== undefined && { reason }) };
  const done = await pointChannel(api, channel, body);
  if (isWaiting(done)) tellWaiting(done.approval);
  else void showInformation(l10n.t("All shoppers on {0} get {1} now.", channel, nameOf(release, board)));
  await tools.watcher.refresh();
}

/** What moves all shoppers at once wants a reason, and a yes to what happens then. */
async function moveAll(
  tools: Tools,
  target: Target,
  { id }: Rollout,
  verb: "promote" | "rollback",
  { title, text, detail, yes }: { title: string; text: string; detail: string; yes: string },
): Promise<void> {
  const reason = target.reason ?? (await askReason(title));
  if (reason === undefined || !(await agrees(target, text, detail, yes))) return;
  await moveNow(tools, id, verb, reason);
}

async function agrees(target: Target, text: string, detail: string, yes: string): Promise<boolean> {
  return target.confirmed === true || (await confirms(text, detail, yes));
}

/** Who has the new release now, and who gets it next. */
function nextShare(board: Board, { to, step, steps, weightBp }: Rollout): string {
  const next = steps[step + 1];
  return next === undefined
    ? l10n.t("{0} of the shoppers have {1} now. It is the last step.", percent(weightBp), nameOf(to, board))
    : l10n.t(
        "{0} of the shoppers have {1} now. When the gates of this step pass, {2} get it next.",
        percent(weightBp),
        nameOf(to, board),
        percent(next.weightBp),
      );
}

async function moveNow(
  tools: Tools,
  id: string,
  verb: Parameters<typeof moveRollout>[2],
  reason: string | undefined,
): Promise<void> {
  const api = await getApi(tools);
  if (api === undefined) return;
  const moved = await moveRollout(api, id, verb, reason);
  if (isWaiting(moved)) tellWaiting(moved.approval);
  else tellMoved(moved);
  await tools.watcher.refresh();
}

function tellMoved(rollout: Rollout): void {
  const { channel, state, weightBp } = rollout;
  const text =
    state === "completed"
      ? l10n.t("All shoppers on {0} get the new release now.", channel)
      : state === "rolled_back"
        ? l10n.t("Nobody on {0} gets the new release any more.", channel)
        : l10n.t("The rollout on {0}: {1} at {2}.", channel, stateOf(rollout, l10n), percent(weightBp));
  void showInformation(text);
}

async function findRollout(
  tools: Tools,
  { rollout: id, channel }: Target,
  states: readonly Rollout["state"][],
  known?: Board,
): Promise<{ board: Board; rollout: Rollout } | undefined> {
  if ((await getApi(tools)) === undefined) return undefined;
  const board = known ?? (await lookNow(tools));
  if (!board.rollouts.ok) throw board.rollouts.error;
  const all = board.rollouts.value;
  const rollout =
    id !== undefined
      ? all.find((one) => one.id === id)
      : channel !== undefined
        ? liveRolloutOf(board, channel)
        : await chooseRollout(board, states);
  if (rollout !== undefined && states.includes(rollout.state)) return { board, rollout };
  const isAny = all.some((one) => states.includes(one.state));
  if (rollout === undefined && id === undefined && isAny) return undefined;
  throw new Error(l10n.t("There is no rollout for which that can be done now."));
}

async function askShare(): Promise<number | undefined> {
  const given = await window.showInputBox({
    title: l10n.t("Start a canary"),
    prompt: l10n.t("To how many percent of the shoppers first? From 0.01 to 100."),
    value: DEFAULT_PERCENT,
    ignoreFocusOut: true,
    validateInput: (value) =>
      parseShare(value) === undefined ? l10n.t("A share in percent, from 0.01 to 100") : undefined,
  });
  return given === undefined ? undefined : parseShare(given);
}

function isOlder(board: Board, release: string, than: string): boolean {
  const [one, other] = [versionOf(board, release), versionOf(board, than)];
  return one !== undefined && other !== undefined && one <= other;
}
