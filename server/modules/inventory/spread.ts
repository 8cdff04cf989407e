/** Pieces over so many rows, as evenly as whole pieces go: the first ones have one more. */
export function spread(pieces: number, rows: number): number[] {
  const each = Math.floor(pieces / rows);
  return Array.from({ length: rows }, (_, i) => each + (i < pieces % rows ? 1 : 0));
}
