import { type Broken, type Heard, isOver, mostFailed } from "./answer-referee.ts";

/** Where customers write down what they hear. `calls`: all that they asked so far, in order. */
type Book = { calls: readonly Heard[]; write(line: { is: "fault" } & Broken): void };

type Fault = {
  name: string;
  times: number;
  /** Before each time but the first, such as to bring new goods. */
  prepare: () => Promise<void>;
  act: (n: number) => Promise<void>;
  /** Nobody is to notice: no excuse for an answer that does not come. */
  isUnnoticed?: boolean;
};

const LOOK_MS = 50;
/** Longer than any fault takes to be over, on a busy machine too; the referee says so then. */
const PATIENCE_MS = 60_000;

/** Has a fault happen so many times while customers come and go, each time when the one before is over. */
export async function breakAgain(
  book: Book,
  { name, times, prepare, act, isUnnoticed = false }: Fault,
): Promise<void> {
  const { calls } = book;
  let first = Number.POSITIVE_INFINITY;
  await isServing(calls, mostFailed([], first));
  for (let n = 0; n < times; n++) {
    if (n > 0) await prepare();
    const from = Date.now();
    first = Math.min(first, from);
    await act(n);
    if (!isUnnoticed) book.write({ is: "fault", name: `${name} ${n + 1}`, from, until: Date.now() });
    await isServing(calls, mostFailed(calls, first));
  }
}

/** Until those who ask from now on are served, by the referee's own measure; whoever waits in vain has him say why. */
async function isServing(calls: readonly Heard[], most: number): Promise<void> {
  const begun = calls.length;
  const end = performance.now() + PATIENCE_MS;
  while (!isOver(calls.slice(begun), most) && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
