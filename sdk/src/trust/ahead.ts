import { pathOf, type ReleaseSource, type Wanted } from "./source.ts";

/**
 * A source that has asked for some documents already, all at once, and for the rest asks when it is asked. Each answer
 * counts once. What nobody asks for in the end may fail unheard.
 */
export function askAhead(
  source: ReleaseSource,
  wanted: readonly Wanted[],
  signal: AbortSignal | undefined,
): ReleaseSource {
  const asked = new Map(wanted.map((each) => [pathOf(each), source(each, signal)]));
  for (const answer of asked.values()) answer.catch(() => {});
  return (each, signal) => {
    const path = pathOf(each);
    const answer = asked.get(path) ?? source(each, signal);
    asked.delete(path);
    return answer;
  };
}
