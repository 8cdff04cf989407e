import type { Haggle } from "@haggle/sdk/client";
import { get, setText } from "./dom.ts";
import { texts } from "./i18n/locale.ts";
import { drawChoice } from "./options-view.ts";
import { become } from "./shopper.ts";

// Which side of a rollout this visitor is on. Nobody chooses a side by himself: the server draws a unit and signs a cookie for it.
// The demo's server draws anew for who wants to see what the others pay.

type Arm = "stable" | "canary";

const ANSWER_MS = 5_000;
const SIDES: readonly Arm[] = ["stable", "canary"];

/** `moved`: this browser is another shopper now; resolves when the page is priced by that one's release. */
export function createSides(canSwitch: boolean, moved: () => Promise<void>) {
  /** Undefined where everybody has the same. */
  let arm: Arm | undefined;
  let isLost = false;

  function draw(): void {
    const { side, page } = texts();
    const names = { stable: page.sideStable, canary: page.sideCanary };
    const focused = document.activeElement?.getAttribute("value");
    const hadFocus = get("sides").contains(document.activeElement);
    get("side").dataset.state = arm ?? "everybody";
    get("sides").hidden = !canSwitch || arm === undefined;
    get("sides").replaceChildren(
      ...SIDES.map((each) => drawChoice("side", each, names[each], each === arm, () => void move(each))),
    );
    if (hadFocus) get("sides").querySelector<HTMLElement>(`[value="${focused}"]`)?.focus();
    const told = arm === undefined ? side.everybody : `${side[arm]} ${canSwitch ? side.one : side.two}`;
    setText(get("side-note"), isLost ? side.lost : told);
  }

  async function move(to: Arm): Promise<void> {
    const unit = await drawUnit(to);
    isLost = unit === undefined;
    if (unit !== undefined) {
      become(unit);
      await moved();
    }
    draw();
  }

  draw();
  return {
    redraw: draw,
    /** By which release this page prices, and which ones the channel has for others. */
    show(channel: Haggle["channel"], release: string | undefined): void {
      const { arms = [] } = channel ?? {};
      const next = arms.length < 2 ? undefined : release === arms[0]!.release ? "stable" : "canary";
      if (next === arm && !isLost) return;
      [arm, isLost] = [next, false];
      draw();
    },
  };
}

async function drawUnit(arm: Arm): Promise<string | undefined> {
  const response = await fetch("/demo/shoppers", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ arm }),
    signal: AbortSignal.timeout(ANSWER_MS),
  }).catch(() => undefined);
  return response?.ok ? ((await response.json()) as { unit: string }).unit : undefined;
}
