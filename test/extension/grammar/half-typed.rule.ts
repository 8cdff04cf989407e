// SYNTAX TEST "source.haggle-rule" "what is half typed does not colour all that follows"

@promo(name="half", prio
//     ^^^^ variable.parameter.haggle-rule
export function half(ctx: Context): Result {
//     ^^^^^^^^ storage.type.function.ts - meta.decorator.haggle-rule
  return Result.none();
//^^^^^^ keyword.control.flow.ts
}

@promo({ name: "braces", priority: 
export function braces(ctx: Context): Result { return Result.none(); }
//     ^^^^^^^^ storage.type.function.ts - meta.decorator.haggle-rule
