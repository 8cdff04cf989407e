import { get } from "./dom.ts";
import { isLocale, locale, setLocale } from "./i18n/locale.ts";

/** The switch between the page's languages, each in its own words. */
export function drawLanguages(): void {
  for (const input of get("languages").querySelectorAll("input")) {
    input.checked = input.value === locale();
    input.addEventListener("change", () => {
      if (isLocale(input.value)) setLocale(input.value);
    });
  }
}
