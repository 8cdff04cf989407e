const SHOWN = 3;
/** Longer names are not compared whole: the cost is their product. */
const MAX_CHARACTERS = 64;

/** Those of `known` that `name` may have meant, nearest first. */
export function nearNames(name: string, known: readonly string[]): string[] {
  const limit = Math.max(2, Math.floor(name.length / 3));
  return known
    .map((other) => ({ other, distance: distanceOf(fold(name), fold(other)) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, SHOWN)
    .map(({ other }) => other);
}

function fold(text: string): string {
  return text.slice(0, MAX_CHARACTERS).toLowerCase();
}

/** Levenshtein: how many characters to insert, delete or replace. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
