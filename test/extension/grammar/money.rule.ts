// SYNTAX TEST "source.haggle-rule" "amounts in minor units"

class Amounts {
  threshold: Money = 300_00;
//                   ^^^ constant.numeric.money.haggle-rule constant.numeric.money.major.haggle-rule
//                      ^ constant.numeric.money.haggle-rule punctuation.separator.money.haggle-rule
//                       ^^ constant.numeric.money.haggle-rule constant.numeric.money.minor.haggle-rule
  most: Money = 1_000_00;
//              ^^^^^ constant.numeric.money.major.haggle-rule
  plain: i32 = 1_000;
//             ^^^^^ constant.numeric.decimal.ts - constant.numeric.money.haggle-rule
  count: i32 = 300;
//             ^^^ constant.numeric.decimal.ts - constant.numeric.money.haggle-rule
}

export function off(ctx: Context): Result {
  if (ctx.cart.total >= 300_00) return Result.order(50_00, "FULL_300_00");
//                      ^^^^^^ constant.numeric.money.haggle-rule
//                                                  ^^^^^ constant.numeric.money.haggle-rule
//                                                         ^^^^^^^^^^^^^ string.quoted.double.ts - constant.numeric.money.haggle-rule
  // 300_00 is 300.00
//   ^^^^^^ comment.line.double-slash.ts - constant.numeric.money.haggle-rule
  return Result.none();
}
