// What the language server says in words of its own: of fields and rules, and of what can be done about them.

import type { ViewLocale } from "../../shared/price.ts";
import { OWN } from "./zh-cn/own.ts";

/** A text that is there in every language, by what it is in English. */
export type OwnText = (typeof OWN)[number][0];

const CHINESE: ReadonlyMap<string, string> = new Map(OWN);

/** `values` stand in the places of `{0}` and its like, and stay as they are. */
export function tell(locale: ViewLocale, english: OwnText, ...values: readonly (string | number)[]): string {
  const words = locale === "en" ? english : CHINESE.get(english)!;
  return words.replace(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)]));
}
