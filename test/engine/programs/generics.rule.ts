class Pair<A, B> {
  constructor(
    public first: A,
    public second: B,
  ) {}

  swapped(): Pair<B, A> {
    return new Pair<B, A>(this.second, this.first);
  }
}

function largest<T>(values: T[]): T {
  let most = values[0];
  for (let i = 1; i < values.length; i++) if (values[i] > most) most = values[i];
  return most;
}

function sizeOf<T>(): i32 {
  if (isInteger<T>()) return sizeof<T>() as i32;
  return 0;
}

@promo(name="generics")
export function generics(ctx: Context): Result {
  const pair = new Pair<i32, i64>(3, 4_00).swapped();
  const most = largest<i64>([1_00, pair.first, 2_00]) + largest<i32>([1, 2]);
  return Result.order(most + sizeOf<i64>() + sizeOf<u8>(), "GENERIC");
}
