import { refuse } from "@haggle/abi";
import { type Assertion, type Node, parsePattern, type UnitSet } from "./pattern-parse.ts";

// Regular expressions that take a time in proportion to the text, whatever they are: all ways through the expression are
// walked at once, so that there is nothing to go back to. JavaScript's own would let one signed condition hang a page.

/** What all expressions of a set of experiments may have together: a tenth of a second, at the worst, for one shopper. */
export type PatternBudget = { steps: number };

export function createPatternBudget(): PatternBudget {
  return { steps: 8_000 };
}

/** Of one expression, its repetitions written out. */
const MAX_STEPS = 1_000;
/** User agents and addresses have a few hundred; a longer text matches nothing. */
export const MAX_SUBJECT: number = 1_024;

export type PatternOptions = { at: string; insensitive: boolean; budget: PatternBudget };

type Step =
  | { kind: "set"; set: UnitSet; next: number }
  | { kind: "split"; next: number; other: number }
  | { kind: "assert"; assertion: Assertion; next: number }
  | { kind: "match" };

/**
 * Whether a text has a match, as `RegExp.prototype.test` without flags, or with `i`, would say. Backreferences and looking
 * ahead or behind are refused.
 *
 * @throws HaggleError EXPERIMENT_CONDITION
 */
export function compilePattern(
  source: string,
  { at, insensitive, budget }: PatternOptions,
): (text: string) => boolean {
  const steps: Step[] = [];
  const add = (step: Step): number => {
    if (steps.length >= MAX_STEPS || budget.steps <= 0) throw refuse("EXPERIMENT_CONDITION", at, source);
    budget.steps -= 1;
    return steps.push(step) - 1;
  };
  const match = add({ kind: "match" });
  const start = build(parsePattern(source, at, insensitive), match, add, steps);
  const isMatch = createMatcher(steps, start);
  return (text) => text.length <= MAX_SUBJECT && isMatch(text);
}

/** Adds the steps of a node that go on at `next`, from the end to the beginning; returns where they begin. */
function build(node: Node, next: number, add: (step: Step) => number, steps: Step[]): number {
  switch (node.kind) {
    case "set":
      return add({ kind: "set", set: node.set, next });
    case "assert":
      return add({ kind: "assert", assertion: node.assertion, next });
    case "sequence":
      return node.parts.reduceRight((after, part) => build(part, after, add, steps), next);
    case "choice":
      return node.options
        .map((option) => build(option, next, add, steps))
        .reduceRight((other, option) => add({ kind: "split", next: option, other }));
    case "repeat": {
      const { of, min, max } = node;
      let begin = next;
      if (max === Infinity) {
        const loop = { kind: "split" as const, next: 0, other: next };
        begin = add(loop);
        loop.next = build(of, begin, add, steps);
      } else {
        for (let i = min; i < max; i++) {
          begin = add({ kind: "split", next: build(of, begin, add, steps), other: next });
        }
      }
      for (let i = 0; i < min; i++) {
        const size = steps.length;
        begin = build(of, begin, add, steps);
        // Of nothing, any number of times is nothing, and no budget ends it.
        if (steps.length === size) break;
      }
      return begin;
    }
  }
}

function createMatcher(steps: readonly Step[], start: number): (text: string) => boolean {
  /** At which place a step was reached last, so that none is walked twice there. */
  const reached = new Int32Array(steps.length);
  const open: number[] = [];
  const waiting: Extract<Step, { kind: "set" }>[] = [];
  return (text) => {
    reached.fill(-1);
    open.length = 0;
    for (let place = 0; place <= text.length; place++) {
      // A match may begin anywhere.
      open.push(start);
      waiting.length = 0;
      while (open.length > 0) {
        const index = open.pop()!;
        if (reached[index] === place) continue;
        reached[index] = place;
        const step = steps[index]!;
        if (step.kind === "match") return true;
        if (step.kind === "set") waiting.push(step);
        else if (step.kind === "split") open.push(step.other, step.next);
        else if (holds(step.assertion, text, place)) open.push(step.next);
      }
      const unit = text.charCodeAt(place);
      for (const { set, next } of waiting) if (set(unit)) open.push(next);
    }
    return false;
  };
}

function holds(assertion: Assertion, text: string, place: number): boolean {
  switch (assertion) {
    case "start":
      return place === 0;
    case "end":
      return place === text.length;
    case "edge":
      return isWord(text, place - 1) !== isWord(text, place);
    case "noEdge":
      return isWord(text, place - 1) === isWord(text, place);
  }
}

function isWord(text: string, place: number): boolean {
  return place >= 0 && place < text.length && /[A-Za-z0-9_]/.test(text[place]!);
}
