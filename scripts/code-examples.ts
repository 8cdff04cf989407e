// For the page of codes: a rule for which the build says each code, and one for which it does not any more.

import type { BUILD_CODES } from "@haggle/abi";

type BuildCode = (typeof BUILD_CODES)[number];

export type CodeExample = { wrong: string; right: string };

const RULE = (body: string) => `@promo(name="example")
export function example(ctx: Context): Result {
  ${body.replaceAll("\n", "\n  ")}
}
`;
const NOTHING = "return Result.none();";

/** Those that a source can show. */
export const CODE_EXAMPLES: Readonly<Partial<Record<BuildCode, CodeExample>>> = {
  BUILD_SYNTAX: {
    wrong: RULE("if (ctx.cart.total > 100_00 { return Result.none(); }\nreturn Result.none();"),
    right: RULE("if (ctx.cart.total > 100_00) return Result.none();\nreturn Result.none();"),
  },
  BUILD_TYPE: {
    wrong: RULE(
      'const count: i32 = ctx.cart.total / 100_00;\nreturn count > 2 ? Result.order(5_00, "MORE") : Result.none();',
    ),
    right: RULE(
      'const count = (ctx.cart.total / 100_00) as i32;\nreturn count > 2 ? Result.order(5_00, "MORE") : Result.none();',
    ),
  },
  BUILD_UNKNOWN_DECORATOR: { wrong: RULE(NOTHING).replace("@promo", "@promotion"), right: RULE(NOTHING) },
  BUILD_UNKNOWN_METADATA: {
    wrong: RULE(NOTHING).replace('name="example"', 'name="example", prio=10'),
    right: RULE(NOTHING).replace('name="example"', 'name="example", priority=10'),
  },
  BUILD_DUPLICATE_METADATA: {
    wrong: RULE(NOTHING).replace('name="example"', 'name="example", name="other"'),
    right: RULE(NOTHING),
  },
  BUILD_BAD_METADATA: {
    wrong: RULE(NOTHING).replace('name="example"', 'name="example", priority="high"'),
    right: RULE(NOTHING).replace('name="example"', 'name="example", priority=10'),
  },
  BUILD_DUPLICATE_RULE: {
    wrong: RULE(NOTHING) + RULE(NOTHING).replace("function example", "function another"),
    right:
      RULE(NOTHING) +
      RULE(NOTHING).replace("function example", "function another").replace('"example"', '"another"'),
  },
  BUILD_BAD_SIGNATURE: { wrong: RULE(NOTHING).replace("export ", ""), right: RULE(NOTHING) },
  BUILD_BAD_PARAMETER: {
    wrong: `class Options {\n  amount: f64 = 5;\n}\n\n${RULE('return Result.order(5_00, "LESS");').replace("ctx: Context", "ctx: Context, p: Options")}`,
    right: `class Options {\n  amount: Money = 5_00;\n}\n\n${RULE('return Result.order(p.amount, "LESS");').replace("ctx: Context", "ctx: Context, p: Options")}`,
  },
  BUILD_BANNED: {
    wrong: RULE('return Date.now() > 0 ? Result.order(5_00, "NOW") : Result.none();'),
    right: RULE('return ctx.now > 0 ? Result.order(5_00, "NOW") : Result.none();'),
  },
  BUILD_RECURSION: {
    wrong: `function sum(count: i32): i32 {\n  return count == 0 ? 0 : count + sum(count - 1);\n}\n\n${RULE('return Result.order(sum(3), "SUM");')}`,
    right: `function sum(count: i32): i32 {\n  let total = 0;\n  for (let i = 1; i <= count; i++) total += i;\n  return total;\n}\n\n${RULE('return Result.order(sum(3), "SUM");')}`,
  },
  BUILD_FLOAT: {
    wrong: RULE('return Result.orderPercent(12.5, "SALE");'),
    right: RULE('return Result.orderPercent(Percent.bp(12_50), "SALE");'),
  },
  BUILD_TOP_LEVEL_STATE: {
    wrong: `let limit: Money = 100_00;\n\n${RULE('return ctx.cart.total > limit ? Result.order(5_00, "OVER") : Result.none();')}`,
    right: `const limit: Money = 100_00;\n\n${RULE('return ctx.cart.total > limit ? Result.order(5_00, "OVER") : Result.none();')}`,
  },
  BUILD_MISSING_REASON: {
    wrong: RULE("return Result.order(5_00);"),
    right: RULE('return Result.order(5_00, "WELCOME");'),
  },
  BUILD_NOT_LITERAL: {
    wrong: RULE('return Result.order(5_00, "AT_" + ctx.cart.currency);'),
    right: RULE('return Result.order(5_00, "AT_ANY_TOTAL");'),
  },
};
