type Side = "left" | "right";

/** Rows as lines of text, each column as wide as its widest cell, two spaces between them. */
export function alignTable(rows: readonly (readonly string[])[], sides: readonly Side[]): string {
  const widths = sides.map((_, column) => Math.max(...rows.map((row) => widthOf(row[column]!))));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const space = " ".repeat(widths[column]! - widthOf(cell));
        return sides[column] === "left" ? cell + space : space + cell;
      })
      .join("  ")
      .trimEnd(),
  );
  return lines.join("\n");
}

/** In a terminal's columns: Chinese characters, full-width forms and their punctuation take two. */
function widthOf(text: string): number {
  const wide = text.match(
    /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/g,
  );
  return [...text].length + (wide?.length ?? 0);
}
