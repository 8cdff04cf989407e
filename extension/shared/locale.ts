import type { ViewLocale } from "./price.ts";

/**
 * The language in which an editor is told everything, by the one that it names. Chinese is Simplified here. Who reads Traditional
 * has it in English, as VS Code itself has manifests and messages of extensions without texts in it: one language, not two.
 */
export function localeOf(language: string | undefined): ViewLocale {
  return /^zh(?:-(?:cn|sg|hans(?:-\w+)?))?$/i.test(language ?? "") ? "zh-CN" : "en";
}
