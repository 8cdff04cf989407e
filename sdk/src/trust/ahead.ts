import { encodeUtf8 } from "@haggle/abi";
import { pathOf, type ReleaseSource, type Wanted } from "./source.ts";

/** Texts of documents that came by themselves, by their places in a release folder; null for one that there is not. */
export type Along = Readonly<Record<string, unknown>>;

/**
 * A source that has asked for some documents already, all at once, and for the rest asks when it is asked. Each answer
 * counts once. What nobody asks for in the end may fail unheard. Nobody is asked for what came along.
 */
export function askAhead(
  source: ReleaseSource,
  wanted: readonly Wanted[],
  signal: AbortSignal | undefined,
  along?: Along,
): ReleaseSource {
  const find: ReleaseSource = async (each, signal) => {
    const text = along?.[pathOf(each)];
    if (typeof text === "string") return encodeUtf8(text);
    return text === null ? undefined : source(each, signal);
  };
  const asked = new Map(wanted.map((each) => [pathOf(each), find(each, signal)]));
  for (const answer of asked.values()) answer.catch(() => {});
  return (each, signal) => {
    const path = pathOf(each);
    const answer = asked.get(path) ?? find(each, signal);
    asked.delete(path);
    return answer;
  };
}
