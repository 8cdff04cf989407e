// Texts of a project inside of Markdown: whatever is in them, they stay where they are put.

/** A block of code; its fence is longer than any run of backticks in it. */
export function codeBlock(code: string): string {
  const fence = "`".repeat(Math.max(3, longestRun(code) + 1));
  return `${fence}typescript\n${code}\n${fence}`;
}

/** Code in a line of text. */
export function inlineCode(code: string): string {
  const run = longestRun(code);
  if (run === 0) return `\`${code}\``;
  const fence = "`".repeat(run + 1);
  // The blanks keep backticks at an end apart from the fence, and are not shown.
  return `${fence} ${code} ${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}
