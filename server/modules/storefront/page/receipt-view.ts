import { HaggleError } from "@haggle/sdk";
import { type Receipt, verifyReceipt } from "@haggle/sdk/receipts";
import { get, setText } from "./dom.ts";
import { explainFailure, spellDetails } from "./explained.ts";
import { type Money, shorten, spellTime } from "./format.ts";
import { texts } from "./i18n/locale.ts";

// The signed receipt of a quote. It is verified here, with the root alone: no server is asked.

/** The last that was given, and whether somebody has changed a bit of it since. */
type Shown = {
  text: string;
  receipt: Receipt;
  isForged: boolean;
  total: number;
  /** What else is to say of it. */
  told: () => string;
};

export type ReceiptView = ReturnType<typeof createReceiptView>;

/** `root`: the page's own, by whose receipt key it is checked. */
export function createReceiptView(root: () => string, money: Money) {
  const card = get("receipt");
  const forge = get<HTMLInputElement>("forge");
  let shown: Shown | undefined;

  async function check(): Promise<void> {
    if (shown === undefined) return;
    const { text, isForged } = shown;
    try {
      await verifyReceipt(isForged ? changeBit(text) : text, { root: root(), development: true });
      showState("equal", texts().receipt.verified, "");
    } catch (cause) {
      if (!(cause instanceof HaggleError)) throw cause;
      const { refused, forged } = texts().receipt;
      showState("differs", refused, isForged ? forged(explainFailure(cause)) : spellDetails(cause));
    }
  }

  function showState(state: string, word: string, why: string): void {
    get("receipt-state").dataset.state = state;
    setText(get("receipt-state"), word);
    setText(get("receipt-why"), why);
  }

  function draw(): void {
    if (shown === undefined) return;
    const { receipt, total, told } = shown;
    for (const [id, digest] of [
      ["receipt-release", receipt.release],
      ["receipt-decision", receipt.decision],
    ] as const) {
      get(id).title = digest;
      setText(get(id), shorten(digest));
    }
    setText(get("receipt-quote"), receipt.quote);
    setText(get("receipt-issued"), spellTime(receipt.issued));
    setText(get("receipt-expires"), spellTime(receipt.expires));
    setText(get("receipt-total"), money(total));
    setText(get("receipt-told"), told());
    void check();
  }

  forge.addEventListener("change", () => {
    if (shown === undefined) return;
    shown.isForged = forge.checked;
    void check();
  });

  return {
    /** @throws HaggleError what `verifyReceipt` throws: it is not shown then */
    async open(text: string, total: number, told: () => string = () => ""): Promise<void> {
      const { receipt } = await verifyReceipt(text, { root: root(), development: true });
      shown = { text, receipt, isForged: false, total, told };
      forge.checked = false;
      card.hidden = false;
      draw();
    },
    redraw: draw,
    focus: () => card.focus(),
  };
}

/** The lowest bit of a byte in the middle of what was signed; the envelope around it stays what it is. */
function changeBit(text: string): string {
  const envelope = JSON.parse(atob(text.replaceAll("-", "+").replaceAll("_", "/")));
  const payload = Array.from(atob(envelope.payload));
  const middle = payload.findIndex((letter) => letter >= "0" && letter <= "9");
  payload[middle] = String.fromCharCode(payload[middle]!.charCodeAt(0) ^ 1);
  return JSON.stringify({ ...envelope, payload: btoa(payload.join("")) });
}
