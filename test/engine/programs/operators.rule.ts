class Fraction {
  constructor(
    readonly top: i64,
    readonly bottom: i64,
  ) {}

  @operator("+")
  plus(other: Fraction): Fraction {
    return new Fraction(this.top * other.bottom + other.top * this.bottom, this.bottom * other.bottom);
  }

  @operator("==")
  equals(other: Fraction): bool {
    return this.top * other.bottom == other.top * this.bottom;
  }

  @operator("[]")
  part(index: i32): i64 {
    return index == 0 ? this.top : this.bottom;
  }
}

@promo(name="operators")
export function operators(ctx: Context): Result {
  const sum = new Fraction(1, 2) + new Fraction(1, 3);
  if (sum == new Fraction(5, 6)) return Result.order(sum[0] * 100, "FRACTION");
  return Result.none();
}
