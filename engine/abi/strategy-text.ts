// What can be told of a file of strategies without reading it as YAML.

/** As far as it can be told of a text that may be anything. */
export function strategyVersionOf(text: string): string | undefined {
  return /^version:[ \t]*["']?([^\s"'#]{1,64})/m.exec(text)?.[1];
}

/**
 * Whether the text ends as it begins. Who saves in place may be seen half-way, and half of a file of strategies may well be
 * one: only its last line says that it is whole.
 */
export function isWholeStrategies(text: string): boolean {
  const version = strategyVersionOf(text);
  const [, end] = /^end:[ \t]*["']?([^\s"'#]+)["']?[ \t]*(?:#.*)?$/.exec(findLastLine(text)) ?? [];
  return version !== undefined && version === end;
}

/** The last one that says something. */
function findLastLine(text: string): string {
  const lines = text.split("\n");
  for (let line = lines.pop(); line !== undefined; line = lines.pop()) {
    const said = line.trim();
    if (said !== "" && !said.startsWith("#")) return line.trimEnd();
  }
  return "";
}
