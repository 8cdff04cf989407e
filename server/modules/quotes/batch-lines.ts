import { refuse } from "@haggle/abi";

export type BatchLine = {
  /** From 1. Empty ones are counted, and are no carts. */
  line: number;
  text: string;
};

const MAX_CARTS = 1_000;
/** As much as a single quote is asked for with. */
const MAX_LINE_CHARACTERS = 512 * 1024;
/** A group is priced at one go: so many carts of ordinary size take some milliseconds. */
const GROUP_CARTS = 32;
const GROUP_CHARACTERS = 48 * 1024;

/**
 * The lines of a body as they come, some at a time. Nothing waits for more of the body that could be answered already, and no
 * more of it is held than a line and a piece.
 *
 * @throws HaggleError QUOTE_BATCH_TOO_LARGE with the line: nothing behind it is read
 */
export async function* readGroups(body: AsyncIterable<Uint8Array>): AsyncGenerator<BatchLine[]> {
  const decoder = new TextDecoder();
  let rest = "";
  let line = 0;
  let carts = 0;

  function* group(texts: readonly string[]): Generator<BatchLine[]> {
    let found: BatchLine[] = [];
    let characters = 0;
    for (const text of texts) {
      line += 1;
      if (text.trim() === "") continue;
      const isTooLarge = carts === MAX_CARTS || text.length > MAX_LINE_CHARACTERS;
      const isFull = found.length === GROUP_CARTS || characters + text.length > GROUP_CHARACTERS;
      if (found.length > 0 && (isTooLarge || isFull)) {
        yield found;
        [found, characters] = [[], 0];
      }
      if (isTooLarge) throw tooLarge(carts === MAX_CARTS ? carts + 1 : text.length);
      carts += 1;
      characters += text.length;
      found.push({ line, text });
    }
    if (found.length > 0) yield found;
  }

  function tooLarge(value: number) {
    return refuse("QUOTE_BATCH_TOO_LARGE", `line ${line}`, value);
  }

  for await (const piece of body) {
    const texts = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = texts.pop()!;
    yield* group(texts);
    if (rest.length > MAX_LINE_CHARACTERS) {
      line += 1;
      throw tooLarge(rest.length);
    }
  }
  yield* group([rest + decoder.decode()]);
}
