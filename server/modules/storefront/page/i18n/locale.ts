import { setText } from "../dom.ts";
import { EN } from "./en.ts";
import type { Texts } from "./texts.ts";
import { ZH_CN } from "./zh-cn.ts";

// The page's language: what was chosen here before, else the first of the browser's that the page has.

export type Locale = "en" | "zh-CN";

const TEXTS: Readonly<Record<Locale, Texts>> = { en: EN, "zh-CN": ZH_CN };
const KEPT = "haggle-locale";

let current: Locale = findKept() ?? findPreferred();
const listeners = new Set<() => void>();

export const locale = (): Locale => current;
export const texts = (): Texts => TEXTS[current];

/** For times, which an English reader in London and one in Boston spell otherwise. */
export const region = (): string =>
  navigator.languages.find((tag) => new Intl.Locale(tag).language === current.split("-")[0]) ?? current;

/** Called after each change, when what stands in the HTML is translated already. */
export function onLocale(listener: () => void): void {
  listeners.add(listener);
}

/** Everything on the page is in this language from now on, and the next time too. */
export function setLocale(next: Locale): void {
  current = next;
  keep(next);
  translatePage();
  for (const listener of listeners) listener();
}

/** What stands in the HTML: `data-text` names a text, `data-label` one that only some readers meet. */
export function translatePage(): void {
  const { page } = texts();
  document.documentElement.lang = current;
  document.title = page.title;
  for (const element of document.querySelectorAll<HTMLElement>("[data-text]")) {
    setText(element, page[element.dataset.text as keyof Texts["page"]]);
  }
  for (const element of document.querySelectorAll<HTMLElement>("[data-label]")) {
    element.ariaLabel = page[element.dataset.label as keyof Texts["page"]];
  }
}

export function isLocale(name: unknown): name is Locale {
  return typeof name === "string" && Object.hasOwn(TEXTS, name);
}

function findPreferred(): Locale {
  for (const tag of navigator.languages) {
    const { language, script } = new Intl.Locale(tag).maximize();
    if (language === "en") return "en";
    if (language === "zh" && script === "Hans") return "zh-CN";
  }
  return "en";
}

/** Storage may be forbidden to the page; then a language lasts as long as the page. */
function findKept(): Locale | undefined {
  try {
    const kept = localStorage.getItem(KEPT);
    return isLocale(kept) ? kept : undefined;
  } catch {
    return undefined;
  }
}

function keep(locale: Locale): void {
  try {
    localStorage.setItem(KEPT, locale);
  } catch {
    // As above.
  }
}
