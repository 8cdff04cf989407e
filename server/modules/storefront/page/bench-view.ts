import type { ClientState } from "@haggle/sdk/client";
import { get, setText } from "./dom.ts";
import { type Money, shorten, spellTime } from "./format.ts";
import { texts } from "./i18n/locale.ts";
import { cutNetwork, isCut } from "./network.ts";
import type { Standing } from "./release-view.ts";

// What can be tried out here, and how it stands: the network is cut, a new release comes, the other side of a rollout is seen.

/** Since when a release is in use here, and what it has changed. */
type Swap = { at: number; totals: { before: number; after: number } | undefined };

export function createBench(money: Money, { switched }: { switched: () => void }) {
  const cut = get<HTMLInputElement>("cut");
  let swap: Swap | undefined;

  function describeNetwork({ state, isLost }: Standing): string {
    const { network, release: say } = texts();
    if (state === undefined) return say.fetching;
    const until = spellTime(state.expires);
    if (isCut()) return state.stale ? network.ended(until) : network.off(until);
    return isLost ? network.lost(until) : network.on(shorten(state.release));
  }

  function describeRules(state: ClientState | undefined): string {
    const { rules } = texts();
    if (swap === undefined || state === undefined) return rules.idle;
    const version = rules.version(state.version, spellTime(swap.at));
    if (swap.totals === undefined) return `${version} ${rules.idle}`;
    const { before, after } = swap.totals;
    return `${version} ${before === after ? rules.same : rules.changed(money(before), money(after))}`;
  }

  cut.checked = isCut();
  cut.addEventListener("change", () => {
    cutNetwork(cut.checked);
    switched();
  });

  return {
    show(standing: Standing): void {
      get("network").dataset.state = isCut() ? "cut" : standing.isLost ? "lost" : "on";
      setText(get("network-note"), describeNetwork(standing));
      setText(get("rules-note"), describeRules(standing.state));
    },
    /** Prices that come behind a release belong to it: the cart's total by both is told, and not what it was in between. */
    repriced(from: number | undefined, to: number | undefined): void {
      if (swap?.totals === undefined || to === undefined || swap.totals.after !== from) return;
      swap.totals = { ...swap.totals, after: to };
    },
    /** Another release prices here. `totals`: of the cart by the one before and by this one, where both gave one. */
    swapped(totals: Swap["totals"]): void {
      swap = { at: Date.now(), totals };
      const cell = get("rules");
      cell.classList.remove("fresh");
      if (totals === undefined) return;
      // Read in between, so that the same animation begins anew.
      void cell.offsetWidth;
      cell.classList.add("fresh");
    },
  };
}
