let counted: i32 = 0;
let shared: Money = 300_00;
export let seen: Money = 1_00;
let hidden: Money = 2_00;

function isOver(total: Money): bool {
  return total > shared;
}

@promo(name="loyal")
export function loyal(ctx: Context): Result {
  counted += 1;
  const hidden: Money = 3_00;
  return isOver(ctx.cart.total + seen + hidden) ? Result.order(shared, "OVER") : Result.none();
}
