import type { ErrorBody } from "../../../platform/errors.ts";
import { get, setText } from "./dom.ts";
import { explainFailure } from "./explained.ts";
import { texts } from "./i18n/locale.ts";
import type { Answer } from "./till.ts";

// What is said of what is done: in a place that a screen reader listens to.

export type Note = "checkout-note" | "order-note" | "quote-note";

export function say(note: Note, text: string, state: "said" | "refused" = "said"): void {
  get(note).dataset.state = state;
  setText(get(note), text);
}

/** What was answered; undefined, and said, where it was refused or nothing came. */
export function unlessRefused<T>(note: Note, answer: Answer<T> | undefined): T | undefined {
  if (answer?.ok) return answer.body;
  say(note, answer === undefined ? texts().till.silent : spell(answer.error), "refused");
  return undefined;
}

/** With what is wrong, where that says more. */
function spell({ code, value }: ErrorBody["error"]): string {
  return texts().till.refused(explainFailure({ code }), value === undefined ? undefined : String(value));
}

/** The same of what is under way. */
export async function tried<T>(note: Note, asked: Promise<Answer<T>>): Promise<T | undefined> {
  return unlessRefused(note, await asked.catch(() => undefined));
}

/** What a button does, once at a time. */
export function alone(card: HTMLElement, work: () => Promise<void>): () => void {
  return () => {
    if (card.ariaBusy === "true") return;
    card.ariaBusy = "true";
    void work().finally(() => {
      card.ariaBusy = null;
    });
  };
}
