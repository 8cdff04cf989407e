// A rollout in the tree: where it is, and what each of its gates says.

import { type Board, type Gate, isLive, type Rollout, type Verdict } from "./board.ts";
import type { Words } from "./explain-error.ts";
import { type Item, moment, nameOf, type OutlineOptions, percent } from "./item.ts";

export function rolloutItem(rollout: Rollout, board: Board, { l10n, locale }: OutlineOptions): Item {
  const { id, channel, from, to, state, weightBp, step, steps, judgement, startedAt, endedAt, blocked } =
    rollout;
  const isUnderWay = isLive(rollout);
  const place = isUnderWay ? [percent(weightBp), l10n.t("step {0} of {1}", step + 1, steps.length)] : [];
  const times = [
    l10n.t("Started {0}", moment(startedAt, locale)),
    ...(endedAt === undefined ? [] : [l10n.t("Ended {0}", moment(endedAt, locale))]),
  ];
  const looks = ROLLOUT_LOOKS[state];
  const children: Item[] = [
    ...(blocked === undefined
      ? []
      : [
          {
            id: `${id} blocked`,
            label: l10n.t("cannot go on: {0}", blocked),
            icon: "error",
            color: "list.errorForeground",
          },
        ]),
    ...(judgement === undefined
      ? []
      : [
          {
            id: `${id} samples`,
            label: l10n.t("{0} samples of the new release", judgement.samples.toLocaleString(locale)),
            icon: "graph",
          },
          ...judgement.gates.map((gate) => gateItem(id, gate, l10n)),
        ]),
  ];
  return {
    id,
    label: `${channel}: ${nameOf(from, board)} → ${nameOf(to, board)}`,
    description: [stateOf(rollout, l10n), ...place].join(" · "),
    tooltip: [id, ...times].join("\n"),
    ...looks,
    rollout: id,
    channel,
    context: `haggle.rollout.${state}`,
    ...(children.length > 0 && { children, isOpen: isUnderWay }),
  };
}

const ROLLOUT_LOOKS: Record<Rollout["state"], { icon: string; color?: string }> = {
  running: { icon: "rocket", color: "charts.blue" },
  paused: { icon: "debug-pause", color: "charts.yellow" },
  awaiting_approval: { icon: "person-add", color: "charts.yellow" },
  completed: { icon: "pass-filled", color: "charts.green" },
  rolled_back: { icon: "discard", color: "charts.red" },
  superseded: { icon: "circle-slash" },
};

export function stateOf({ state }: Pick<Rollout, "state">, l10n: Words): string {
  switch (state) {
    case "running":
      return l10n.t("running");
    case "paused":
      return l10n.t("paused");
    case "awaiting_approval":
      return l10n.t("waits for approval");
    case "completed":
      return l10n.t("completed");
    case "rolled_back":
      return l10n.t("rolled back");
    case "superseded":
      return l10n.t("superseded");
  }
}

const GATE_LOOKS: Record<Verdict, { icon: string; color?: string }> = {
  pass: { icon: "pass", color: "charts.green" },
  hold: { icon: "circle-large-outline", color: "charts.yellow" },
  fail: { icon: "error", color: "charts.red" },
};

/** The figure is the server's own sentence: with its bounds, and the limit it is held against. */
function gateItem(rollout: string, { name, verdict, reason, samples }: Gate, l10n: Words): Item {
  return {
    id: `${rollout} gate ${name}`,
    label: gateName(name, l10n),
    description: reason,
    tooltip: `${name}: ${reason}\n${l10n.t("{0} samples of the new release", samples)}`,
    ...GATE_LOOKS[verdict],
  };
}

/** A gate of a newer server has its own name. */
function gateName(name: string, l10n: Words): string {
  switch (name) {
    case "p99Evaluation":
      return l10n.t("time of evaluations (P99)");
    case "p99Quote":
      return l10n.t("time of quotes (P99)");
    case "errorRate":
      return l10n.t("errors");
    case "ruleFaults":
      return l10n.t("rules that stopped");
    case "discountPerOrder":
      return l10n.t("discount per order");
    case "marginShare":
      return l10n.t("margin");
    case "atFloorShare":
      return l10n.t("orders at a floor");
    default:
      return name;
  }
}
