class Box<T> {
  value: T;
}

function generic<T>(value: T): T {
  return value.missing;
}

@promo(name="mistakes")
export function mistakes(ctx: Context): Result {
  const count: i32 = ctx.cart.total;
  const box = new Box<i64>();
  const text: string = 5;
  generic<i64>(box.value);
  unknown(count);
  return Result.order(text, "MISTAKES");
}
