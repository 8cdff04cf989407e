import type { Broken } from "./answer-referee.ts";

/** Where customers write down what they hear. */
type Book = { countServed(): number; countFailed(): number; write(line: { is: "fault" } & Broken): void };

type Fault = {
  name: string;
  times: number;
  /** Before each time, such as to bring new goods. */
  prepare: () => Promise<void>;
  act: (n: number) => Promise<void>;
  /** Nobody is to notice: no excuse for an answer that does not come. */
  isUnnoticed?: boolean;
};

/** What the referee looks at behind each fault, and more, as some of these were asked before its end. */
const SERVED = 120;
const LOOK_MS = 20;
/** Longer than any fault takes to be over; the referee says so then. */
const PATIENCE_MS = 30_000;
/** How long some may still fail among those that are served: a busy machine takes a moment, and one without a calm has none. */
const CALM_MS = 10_000;

/** Has a fault happen so many times while customers come and go, each time when the one before is over. */
export async function breakAgain(
  book: Book,
  { name, times, prepare, act, isUnnoticed = false }: Fault,
): Promise<void> {
  await isServing(book);
  for (let n = 0; n < times; n++) {
    await prepare();
    const from = Date.now();
    await act(n);
    if (!isUnnoticed) book.write({ is: "fault", name: `${name} ${n + 1}`, from, until: Date.now() });
    await isServing(book);
  }
}

/** Until some are served from now on, all but one at most; whoever waits in vain has the referee say why. */
async function isServing(book: Book): Promise<void> {
  const from = book.countServed();
  let calmFrom = from;
  let failed = book.countFailed();
  let end = performance.now() + PATIENCE_MS;
  let isServed = false;
  for (let now = performance.now(); now < end; now = performance.now()) {
    const served = book.countServed();
    if (book.countFailed() > failed + 1) {
      failed = book.countFailed();
      calmFrom = served;
    }
    if (served - calmFrom >= SERVED) return;
    if (!isServed && served - from >= SERVED) {
      isServed = true;
      end = now + CALM_MS;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
