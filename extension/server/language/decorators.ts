// The decorators of rules, as TypeScript reads them: `@promo(name="x")` is checked as a call `promo({name:"x"})`. What
// is said of each key is engine/cli/PRICING.md's; the keys themselves are those of the toolchain's `promo.ts`.

import type { ViewLocale } from "../../shared/price.ts";
import { sayDocs } from "../words/say.ts";

/** Names of the library that only stand for the decorators, and are nothing that a rule can use. */
export const DECORATOR_NAMES: ReadonlySet<string> = new Set([
  "promo",
  "pricing",
  "PromoOptions",
  "PricingOptions",
]);

/** The declarations, with their doc comments in the reader's language. */
export function declareDecorators(locale: ViewLocale): string {
  if (locale === "en") return DECORATORS;
  return DECORATORS.replace(/\/\*\*([\s\S]*?)\*\//g, (_, lines: string) => {
    const paragraphs = lines.replace(/\n *\*/g, "\n").split(/\n *\n/);
    const english = paragraphs.map((lines) => lines.trim().replace(/\s+/g, " ")).join("\n");
    return `/** ${sayDocs(english, locale).replaceAll("\n", "\n *\n * ")} */`;
  });
}

const DECORATORS = `// What stands behind the decorators of rules.

/** What \`@promo(...)\` says of a promotion. */
interface PromoOptions {
  /**
   * The rule's name: unique in a project, and the id of its promotion where no promotion names it. It is a metrics label
   * and a column of tables too: 1 to 128 characters.
   */
  name: string;
  /**
   * Promotions of one phase and lane run by priority, the highest first; equal ones by id. 0 when left out.
   */
  priority?: i32;
  /**
   * The group that the promotion is a member of. The policy says what its members do to each other: all apply, the
   * first that grants something wins, or the one that takes most (or least) off.
   */
  group?: string;
  /**
   * When it runs: \`catalog\` changes prices before all else, then come \`line\`, \`order\` and \`shipping\`. When left out,
   * the phase of its widest effect.
   */
  phase?: "catalog" | "line" | "order" | "shipping";
  /** True for a rule that runs only in promotions that name it, with parameters of theirs. */
  template?: bool;
}

/** What \`@pricing(...)\` says of a pricing rule. */
interface PricingOptions {
  /** The rule's name, unique in a project: strategies name it. 1 to 128 characters. */
  name: string;
  /** Pricing rules run by priority, the highest first; each sees the prices that the one before left. 0 when left out. */
  priority?: i32;
  /** True for a rule that runs only in strategies and promotions that name it, with parameters of theirs. */
  template?: bool;
}

/**
 * Makes a function a promotion: it looks at a cart and returns what is taken off, and why.
 *
 * The function is \`export function name(ctx: Context): Result\`, or \`(ctx: Context, p: Parameters): Result\` with a class
 * of parameters, whose fields have defaults.
 */
declare function promo(options: PromoOptions): <P>(rule: (ctx: Context, p: P) => Result) => void;

/**
 * Makes a function a pricing rule: it says what one unit of a line shall cost, before any promotion.
 *
 * The function is \`export function name(ctx: Context, line: Line): Money\`, or \`(ctx: Context, line: Line, p: Parameters)\`
 * with a class of parameters.
 */
declare function pricing(options: PricingOptions): <P>(rule: (ctx: Context, line: Line, p: P) => Money) => void;
`;
