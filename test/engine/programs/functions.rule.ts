type Step = (value: i64) => i64;

function twice(step: Step, value: i64): i64 {
  return step(step(value));
}

function withDefault(value: i64, factor: i64 = 2, ...more: i64[]): i64 {
  return value * factor + more.length;
}

function checked(value: i64): i64 {
  assert(value > 0, "positive");
  if (value > 1_000_000) throw new Error("too much");
  return value;
}

@inline
function half(value: i64): i64 {
  return value >> 1;
}

@promo(name="functions")
export function functions(ctx: Context): Result {
  const steps: Step[] = [half, (value: i64): i64 => value + 1];
  let value: i64 = withDefault(10, 3, 1, 2);
  for (let i = 0; i < steps.length; i++) value = twice(steps[i], value);
  const bits = (value as u32) & 0xff | 1 << 3;
  return Result.order(checked(value + rotl<u32>(bits, 1)), "STEPS");
}
