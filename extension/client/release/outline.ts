// What the tree shows of a board, as plain data: which items there are, what they say, and what may be done with them.

import { type Board, isLive, liveRolloutOf, mainReleaseOf, type Part } from "./board.ts";
import { type ChannelDocument, type ReleaseEntry, shortDigest } from "./documents.ts";
import { experimentItem } from "./experiment-items.ts";
import { explainError, type Words } from "./explain-error.ts";
import { FULL_BP, type Item, moment, nameOf, type OutlineOptions, percent } from "./item.ts";
import { rolloutItem, stateOf } from "./rollout-items.ts";

/** Ended ones beside those under way. */
const MOST_ENDED = 5;

export function outlineOf(board: Board, options: OutlineOptions): Item[] {
  const { l10n } = options;
  const approvals = board.approvals.ok ? board.approvals.value : [];
  return [
    section("channels", l10n.t("Channels"), board.channels, options, (channels) =>
      [...channels].map(([name, document]) => channelItem(name, document, board, options)),
    ),
    section("rollouts", l10n.t("Rollouts"), board.rollouts, options, (rollouts) =>
      [...rollouts.filter(isLive), ...rollouts.filter((one) => !isLive(one)).slice(0, MOST_ENDED)].map(
        (one) => rolloutItem(one, board, options),
      ),
    ),
    ...(approvals.length === 0
      ? []
      : [
          {
            id: "approvals",
            label: l10n.t("Waiting for a second person"),
            isOpen: true,
            children: approvals.map(({ id, action, channel, requestedBy }) => ({
              id: `approval ${id}`,
              label: action,
              description: l10n.t("{0}, asked for by {1}", channel, requestedBy.name),
              icon: "person-add",
            })),
          },
        ]),
    section("releases", l10n.t("Releases"), board.releases, options, (releases) =>
      releases.map((release) => releaseItem(release, board, options)),
    ),
    {
      id: "rules",
      label: l10n.t("Rules"),
      icon: "symbol-function",
      children: ruleItems(board, options),
    },
    section("experiments", l10n.t("Experiments"), board.experiments, options, (experiments) =>
      experiments.map((one) => experimentItem(one, options)),
    ),
  ];
}

/** `stable · v12 · canary 5 %`, and the same with more words. */
export function statusOf(board: Board, channel: string, l10n: Words): { text: string; tooltip: string } {
  const document = board.channels.ok ? board.channels.value.get(channel) : undefined;
  if (document === undefined) {
    const nothing = l10n.t("no release");
    return { text: `${channel} · ${nothing}`, tooltip: `${board.url}: ${channel}, ${nothing}` };
  }
  const main = mainReleaseOf(board, channel);
  const rollout = liveRolloutOf(board, channel);
  const shares = document.arms.map(
    (arm) => `${nameOf(arm.release, board)} ${percent(arm.range[1] - arm.range[0])}`,
  );
  const text = [
    channel,
    ...(main === undefined ? [] : [nameOf(main, board)]),
    ...(rollout === undefined ? [] : [l10n.t("canary {0}", percent(rollout.weightBp))]),
    ...(rollout === undefined || rollout.state === "running" ? [] : [stateOf(rollout, l10n)]),
  ].join(" · ");
  return { text, tooltip: [`${board.url}: ${channel}`, ...shares].join("\n") };
}

function section<T>(
  id: string,
  label: string,
  part: Part<T>,
  { l10n }: OutlineOptions,
  toItems: (value: T) => Item[],
): Item {
  if (!part.ok) {
    return { id, label, isOpen: true, children: [failureItem(`${id} failed`, part.error, l10n)] };
  }
  const children = toItems(part.value);
  const isOpen = id !== "experiments";
  if (children.length > 0) return { id, label, isOpen, children };
  return { id, label, isOpen, children: [{ id: `${id} none`, label: l10n.t("none yet") }] };
}

/** A click on it tries again. */
export function failureItem(id: string, error: unknown, l10n: Words): Item {
  const text = explainError(error, l10n);
  const description = l10n.t("click to try again");
  return {
    id,
    label: text,
    description,
    tooltip: text,
    icon: "warning",
    color: "list.warningForeground",
    retries: true,
  };
}

function channelItem(
  name: string,
  document: ChannelDocument | undefined,
  board: Board,
  { l10n, locale }: OutlineOptions,
): Item {
  if (document === undefined) {
    const description = l10n.t("no release");
    return {
      id: `channel ${name}`,
      label: name,
      description,
      icon: "broadcast",
      channel: name,
      context: "haggle.channel",
    };
  }
  const { arms, off, version, expires, minRelease } = document;
  const isDivided = arms.length > 1;
  const shares = arms.map(({ release, range }) => {
    const share = isDivided ? ` ${percent(range[1] - range[0])}` : "";
    return `${nameOf(release, board)}${share}`;
  });
  const offItems = Object.entries(off).flatMap(([kind, ids]) =>
    ids.map((id) => ({
      id: `off ${name} ${kind} ${id}`,
      label: l10n.t("switched off: {0}", id),
      description: kind,
      icon: "circle-slash",
      color: "list.warningForeground",
    })),
  );
  return {
    id: `channel ${name}`,
    label: name,
    description: shares.join(" · "),
    tooltip: [
      l10n.t("Channel document {0}, until {1}", version, moment(expires, locale)),
      ...(minRelease > 0 ? [l10n.t("No release below version {0} is priced with.", minRelease)] : []),
    ].join("\n"),
    icon: "broadcast",
    channel: name,
    context: "haggle.channel",
    isOpen: isDivided || offItems.length > 0,
    children: [
      ...arms.map(({ release, range }) => ({
        // More than one arm may have the same release.
        id: `arm ${name} ${range[0]}`,
        label: nameOf(release, board),
        description: l10n.t("{0} of shoppers", percent(range[1] - range[0])),
        tooltip: release,
        icon: "package",
        release,
        channel: name,
        context: "haggle.release",
      })),
      ...offItems,
    ],
  };
}

function releaseItem(release: ReleaseEntry, board: Board, { l10n, locale }: OutlineOptions): Item {
  const { sha256, version, bundle, issued, expires, promotions, signers, channels } = release;
  const isLiveSomewhere = channels.length > 0;
  return {
    id: `release ${sha256}`,
    label: `v${version}`,
    description: [
      moment(issued, locale),
      ...channels.map((name) => shareOn(name, sha256, board)),
      l10n.t("signed by {0}", signers.map(shortDigest).join(", ")),
    ].join(" · "),
    tooltip: l10n.t("Release {0}\nuntil {1}", sha256, moment(expires, locale)),
    icon: "package",
    ...(isLiveSomewhere && { color: "charts.green" }),
    release: sha256,
    context: "haggle.release",
    children: [
      { id: `release ${sha256} promotions`, label: l10n.t("{0} promotions", promotions), icon: "tag" },
      {
        id: `release ${sha256} bundle`,
        label: l10n.t("bundle {0}", shortDigest(bundle)),
        tooltip: bundle,
        icon: "file-binary",
      },
      ...signers.map((keyId) => ({
        id: `release ${sha256} signer ${keyId}`,
        label: l10n.t("signed by {0}", shortDigest(keyId)),
        tooltip: keyId,
        icon: "key",
      })),
    ],
  };
}

function shareOn(channel: string, release: string, board: Board): string {
  const document = board.channels.ok ? board.channels.value.get(channel) : undefined;
  const share = document?.arms
    .filter((arm) => arm.release === release)
    .reduce((sum, { range }) => sum + range[1] - range[0], 0);
  return share === undefined || share === FULL_BP ? channel : `${channel} ${percent(share)}`;
}

/** The workspace's rules with the releases that have them, then those that only the server has. */
function ruleItems(board: Board, { rules, l10n }: OutlineOptions): Item[] {
  const versions = rulesOnServer(board);
  // Two projects of a workspace may have a rule of one name; the server knows it by that name alone.
  const local = rules.map((rule) => {
    const found = versions.get(rule.name) ?? [];
    return {
      ...ruleItem({ id: `rule ${rule.uri} ${rule.name}`, name: rule.name }, found, board, l10n),
      icon: rule.kind === "pricing" ? "symbol-number" : "symbol-function",
      place: { uri: rule.uri, range: rule.range },
      ...(rule.description !== undefined && { tooltip: rule.description }),
    };
  });
  const here = new Set(rules.map(({ name }) => name));
  const elsewhere = [...versions].filter(([name]) => !here.has(name));
  const others = elsewhere.map(([name, found]) => ({
    ...ruleItem({ id: `rule ${name}`, name }, found, board, l10n),
    icon: "cloud",
    tooltip: l10n.t("Not a rule of this workspace"),
  }));
  const items = [...local, ...others];
  return items.length > 0 ? items : [{ id: "rules none", label: l10n.t("none yet") }];
}

function ruleItem(
  { id, name }: { id: string; name: string },
  releases: readonly string[],
  board: Board,
  l10n: Words,
): Item {
  const given = board.channels.ok ? [...board.channels.value] : [];
  const live = given.flatMap(([channel, document]) =>
    (document?.arms ?? [])
      .filter(({ release }) => releases.includes(release))
      .map(({ release }) => l10n.t("{0} on {1}", nameOf(release, board), channel)),
  );
  const state = releases.length === 0 ? l10n.t("not published") : l10n.t("published, on no channel");
  return {
    id,
    label: name,
    description: live.length > 0 ? live.join(" · ") : state,
    ...(releases.length > 0 && {
      children: releases.map((release) => ({
        id: `${id} ${release}`,
        label: nameOf(release, board),
        description: l10n.t("bundle {0}", shortDigest(board.documents.get(release)!.bundles[0]!.sha256)),
        tooltip: release,
        icon: "package",
        release,
        context: "haggle.release",
      })),
    }),
  };
}

/** By the name of a rule: the releases that have a promotion of it, the newest first. */
function rulesOnServer({ documents }: Board): Map<string, string[]> {
  const newestFirst = [...documents].sort(([, a], [, b]) => b.version - a.version);
  const found = new Map<string, string[]>();
  for (const [sha256, { promotions }] of newestFirst) {
    for (const rule of new Set(promotions.flatMap((promotion) => promotion.rule ?? []))) {
      found.set(rule, [...(found.get(rule) ?? []), sha256]);
    }
  }
  return found;
}
