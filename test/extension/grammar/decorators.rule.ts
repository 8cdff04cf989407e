// SYNTAX TEST "source.haggle-rule" "decorators of rules"

@promo(name="满300减50", priority=10)
// <- keyword.control.decorator.haggle-rule punctuation.decorator.haggle-rule
//^^^^ keyword.control.decorator.haggle-rule
//    ^ punctuation.definition.arguments.begin.haggle-rule
//     ^^^^ variable.parameter.haggle-rule
//         ^ keyword.operator.assignment.haggle-rule
//          ^^^^^^^^^ string.quoted.double.ts
//                   ^ punctuation.separator.comma.haggle-rule
//                     ^^^^^^^^ variable.parameter.haggle-rule
//                              ^^ constant.numeric.decimal.ts
//                                ^ punctuation.definition.arguments.end.haggle-rule
export function apply(ctx: Context): Result {
// <- keyword.control.export.ts
//     ^^^^^^^^ storage.type.function.ts
//              ^^^^^ entity.name.function.ts
//                    ^^^ variable.parameter.ts
//                         ^^^^^^^ entity.name.type.ts
  return Result.none();
//^^^^^^ keyword.control.flow.ts - meta.decorator.haggle-rule
}

@pricing({ name: "cost-plus", template: true })
//^^^^^^ keyword.control.decorator.haggle-rule
//         ^^^^ meta.object.arguments.haggle-rule variable.parameter.haggle-rule
//               ^^^^^^^^^^^ string.quoted.double.ts
//                            ^^^^^^^^ variable.parameter.haggle-rule
//                                      ^^^^ constant.language.boolean.true.ts
export function costPlus(ctx: Context): Result { return Result.none(); }
//     ^^^^^^^^ storage.type.function.ts

@promo(
  // Said in the shop's own words.
//^^ comment.line.double-slash.ts
  name="on-lines", // and so on
//^^^^ variable.parameter.haggle-rule
//                 ^^ comment.line.double-slash.ts
  group="order",
//      ^^^^^^^ string.quoted.double.ts
)
// <- punctuation.definition.arguments.end.haggle-rule
export function onLines(ctx: Context): Result { return Result.none(); }
//     ^^^^^^^^ storage.type.function.ts

@inline
//^^^^^ meta.decorator.ts - keyword.control.decorator.haggle-rule
function helper(): i32 { return 1; }
//                 ^^^ entity.name.type.ts
