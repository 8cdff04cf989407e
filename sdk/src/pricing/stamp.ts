import { HaggleError, strategyVersionOf } from "@haggle/abi";
import { sha256Hex } from "../crypto.ts";

/**
 * Up to the comment behind what it says, which stays: words, each with the blanks before it. Nothing behind them can fail, so
 * that no text makes it try the same blanks twice.
 */
const VERSION_LINE = /^version:(?!#)(?:[ \t]*[^ \t\r\n#][^ \t\r\n]*)*/m;
const END_LINE = /^end:(?!#)(?:[ \t]*[^ \t\r\n#][^ \t\r\n]*)*/gm;
const SUFFIX_CHARACTERS = 8;

/**
 * The file with a version of today in its first and last line, whose end is a digest of all else: another content has
 * another version, and what is stamped again without a change stays what it is. A line that is missing is added. `now` is epoch ms.
 *
 * @throws HaggleError STRATEGY_BAD_FIELD for what is no file of strategies
 */
export async function stampStrategies(text: string, now: number): Promise<{ text: string; version: string }> {
  const body = text.replace(VERSION_LINE, "version:").replace(END_LINE, "end:");
  const digest = await sha256Hex(new TextEncoder().encode(body.trimEnd()));
  const suffix = digest.slice(0, SUFFIX_CHARACTERS);
  const before = strategyVersionOf(text);
  if (before?.endsWith(`-${suffix}`) && lastOf(text) === `end: ${before}`) return { text, version: before };
  const version = `v${new Date(now).toISOString().slice(0, "2026-11-22".length).replaceAll("-", ".")}-${suffix}`;
  if (!/^strategies:/m.test(text)) {
    throw new HaggleError("STRATEGY_BAD_FIELD", "Not a file of strategies", { at: "strategies" });
  }
  const lineEnd = /\r?\n/.exec(text)?.[0] ?? "\n";
  const head = VERSION_LINE.test(text)
    ? text.replace(VERSION_LINE, `version: ${version}`)
    : `version: ${version}${lineEnd}${text}`;
  const ends = [...head.matchAll(END_LINE)];
  const end = `end: ${version}`;
  const last = ends.at(-1);
  const stamped =
    last === undefined
      ? `${head.trimEnd()}${lineEnd}${end}${lineEnd}`
      : head.slice(0, last.index) + end + head.slice(last.index + last[0].length);
  return { text: stamped, version };
}

function lastOf(text: string): string | undefined {
  return [...text.matchAll(END_LINE)].at(-1)?.[0].trimEnd();
}
