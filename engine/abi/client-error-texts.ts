// What the codes of storefronts mean: part of the texts in error-texts.ts.

export const CLIENT_TEXTS = {
  CLIENT_NETWORK: "The server does not answer",
  CLIENT_STATUS: "The server does not have this; the value is the status of its answer",
  CLIENT_TOO_LARGE: "The server's answer is larger than such a file may be",
  CLIENT_NO_RELEASE: "No release has been accepted yet",
  CLIENT_NO_SERVER: "The client knows a CDN and no server that quotes",
  CLIENT_CLOSED: "The client is closed",
  CLIENT_STATE: "What was accepted could not be stored; the update does not count",
  CLIENT_STATE_DAMAGED: "What was stored is damaged, and was left aside",
  CLIENT_EXPOSURES_LOST: "Exposures did not fit, or nobody took them; the value is how many so far",
  RECEIPT_OTHER_QUOTE: "The receipt is of another quote",
  RECEIPT_OTHER_CART: "The receipt is of another cart",
  RECEIPT_OTHER_DECISION: "The receipt is of another decision; the value is what the decision says",
} as const;
