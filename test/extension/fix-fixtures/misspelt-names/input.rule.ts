class Limits {
  threshold: Money = 300_00;
}

class Unreached {
  half(limits: Limits): Money {
    return limits.threshhold / 2;
  }
}

@promo(name="misspelt")
export function misspelt(ctx: Context, p: Limits): Result {
  const total = ctx.crt.total;
  if (totl < p.treshold) return Reslt.none();
  return Result.ordr(5_00, "MISSPELT");
}
