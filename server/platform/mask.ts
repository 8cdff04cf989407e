/** An API key, as modules/access makes them, anywhere in a text. */
const API_KEY = /(hg_live_[0-9A-Za-z]{12})_[0-9A-Za-z]+/g;

/**
 * Cuts API keys off behind their ids. No line of ours writes one; but a client may put its key into an address or a field, which
 * logs and errors show.
 */
export function maskKeys(text: string): string {
  return text.includes("hg_live_") ? text.replace(API_KEY, "$1_[redacted]") : text;
}
