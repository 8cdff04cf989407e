import type { Terminal } from "../terminal.ts";
import type { RootTally, Tally } from "./signed-file.ts";

/** Key ids as people compare them; whole ones are in `--json`. */
export function shortKey(keyid: string): string {
  return keyid.slice(0, 16);
}

/** "2 of 2 signatures" or who is still needed. */
export function tallyLine({ paint }: Terminal, what: string, tally: Tally): string {
  const { signed, threshold, open, isComplete } = tally;
  const count = `${what}: ${signed.length} of ${threshold} signatures`;
  if (isComplete) return paint("green", count);
  const needed = threshold - signed.length;
  const which = needed === open.length ? "all" : `${needed}`;
  return `${paint("yellow", count)}; still needed: ${which} of ${open.map(shortKey).join(", ") || "no key"}`;
}

export function rootTallyLines(terminal: Terminal, { own, old }: RootTally): string[] {
  return [
    ...(old ? [tallyLine(terminal, "by the old root's keys", old)] : []),
    tallyLine(terminal, old ? "by its own keys" : "root", own),
  ];
}

/** For `--json`: whole ids. */
export function tallyJson({ signed, open, threshold, isComplete }: Tally) {
  return { threshold, signed, missing: isComplete ? [] : open, complete: isComplete };
}
