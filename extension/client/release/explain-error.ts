// What went wrong as a person reads it. A server's own sentences and those of the signing library are told by the language
// server, with their code; what is said on this side is translated here.

import { AddressError, NO_ANSWER, NO_HAGGLE, NO_JSON, ServerError, StrangeAnswer } from "./api.ts";

/** VS Code's translations, or a stand-in where there is no VS Code. */
export type Words = { t(message: string, ...values: (string | number)[]): string };

export function explainError(error: unknown, l10n: Words): string {
  if (error instanceof AddressError) return explainAddress(error, l10n);
  if (error instanceof ServerError) return explainRefusal(error, l10n);
  if (error instanceof StrangeAnswer) {
    return l10n.t("What the server answers to {0} is nothing that a Haggle server says.", error.message);
  }
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return code === undefined ? error.message : `${code}: ${error.message}`;
}

function explainAddress({ fault, message }: AddressError, l10n: Words): string {
  switch (fault) {
    case "notHttp":
      return l10n.t("{0} is not the http address of a server.", message);
    case "hasKey":
      return l10n.t("An address has no key in it: the key is asked for by itself.");
    case "inTheClear":
      return l10n.t("A key goes over https only, but to this machine: {0}", message);
  }
}

function explainRefusal({ code, message, status }: ServerError, l10n: Words): string {
  switch (code) {
    case NO_ANSWER:
      return l10n.t(
        "{0} does not answer. In a browser alone no Haggle server does: connect from a desktop or a remote.",
        message,
      );
    case NO_HAGGLE:
      return l10n.t("The server refused with status {0} and says no more; is it a Haggle server?", message);
    case NO_JSON:
      return l10n.t("What the server answers to {0} is not JSON; is it a Haggle server?", message);
    default:
      return status === 403 || status === 401
        ? l10n.t("{0}: {1} Connect with a key that has the scope.", code, ended(message))
        : `${code}: ${message}`;
  }
}

function ended(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
