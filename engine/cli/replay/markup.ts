// HTML that cannot be broken by what is put into it.

/** A piece that is HTML already. */
export class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

type Piece = Markup | string | number | false | undefined | readonly Piece[];

/** Texts and numbers are escaped, pieces of HTML and lists of them are not, false and undefined are nothing. */
export function html(texts: TemplateStringsArray, ...pieces: Piece[]): Markup {
  return new Markup(texts.map((text, i) => (i === 0 ? text : write(pieces[i - 1]) + text)).join(""));
}

function write(piece: Piece): string {
  if (piece === undefined || piece === false) return "";
  if (piece instanceof Markup) return piece.toString();
  if (typeof piece === "object") return piece.map(write).join("");
  return String(piece).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
