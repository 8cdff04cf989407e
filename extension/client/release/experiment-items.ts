// An experiment in the tree: who is in it, and how many units saw each variant.

import type { Experiment } from "./board.ts";
import type { Words } from "./explain-error.ts";
import { FULL_BP, type Item, type OutlineOptions, percent } from "./item.ts";

export function experimentItem(
  { key, channel, state, phase, definition, exposures }: Experiment,
  options: OutlineOptions,
): Item {
  const { l10n, locale } = options;
  const { variants, coverage, unit } = definition;
  const all =
    exposures === undefined ? undefined : Object.values(exposures).reduce((sum, units) => sum + units, 0);
  return {
    id: `experiment ${key}`,
    label: key,
    description: [
      channel,
      experimentState(state, l10n),
      ...(all === undefined ? [] : [l10n.t("{0} exposed", all.toLocaleString(locale))]),
    ].join(" · "),
    tooltip: l10n.t("Phase {0}, of each {1}", phase, unit),
    ...EXPERIMENT_LOOKS[state],
    children: variants.map((variant) => ({
      id: `experiment ${key} ${variant.key}`,
      label: variant.key,
      description: [
        percent(Math.round(variant.weight * coverage * FULL_BP)),
        ...(exposures === undefined
          ? []
          : [l10n.t("{0} exposed", (exposures[variant.key] ?? 0).toLocaleString(locale))]),
      ].join(" · "),
      icon: "symbol-enum-member",
    })),
  };
}

const EXPERIMENT_LOOKS: Record<Experiment["state"], { icon: string; color?: string }> = {
  draft: { icon: "beaker" },
  running: { icon: "beaker", color: "charts.blue" },
  paused: { icon: "debug-pause", color: "charts.yellow" },
  ended: { icon: "beaker-stop" },
};

function experimentState(state: Experiment["state"], l10n: Words): string {
  switch (state) {
    case "draft":
      return l10n.t("draft");
    case "running":
      return l10n.t("running");
    case "paused":
      return l10n.t("paused");
    case "ended":
      return l10n.t("ended");
  }
}
