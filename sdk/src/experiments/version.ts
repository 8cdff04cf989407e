const LINE_END = /[\n\r\u2028\u2029]/;

/**
 * A version as a text that compares as versions do: GrowthBook's spelling. Numbers are padded to five places, and `~`,
 * which is behind all letters, puts a release behind its candidates.
 *
 * @example padVersion("v1.2.10+build") // "    1-    2-   10-~"
 */
export function padVersion(value: unknown): string {
  const text = typeof value === "number" ? String(value) : value;
  const version = typeof text === "string" && text !== "" ? withoutBuild(text) : "0";
  const parts = version.split(/[-.]/);
  if (parts.length === 3) parts.push("~");
  return parts.map((part) => (/^[0-9]+$/.test(part) ? part.padStart(5, " ") : part)).join("-");
}

/** By hand: the expression that GrowthBook uses takes quadratic time on a text of plus signs with a line end behind them. */
function withoutBuild(version: string): string {
  let lastLine = version.length;
  while (lastLine > 0 && !LINE_END.test(version[lastLine - 1]!)) lastLine -= 1;
  const start = version.startsWith("v") ? 1 : 0;
  const build = version.indexOf("+", Math.max(lastLine, start));
  return build === -1 ? version.slice(start) : version.slice(start, build);
}
