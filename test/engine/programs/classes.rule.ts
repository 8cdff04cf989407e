interface Priced {
  price(): i64;
}

abstract class Thing implements Priced {
  constructor(protected amount: i64) {}

  abstract factor(): i64;

  price(): i64 {
    return this.amount * this.factor();
  }
}

class Cheap extends Thing {
  factor(): i64 {
    return 1;
  }
}

class Dear extends Thing {
  private times: i64 = 3;

  factor(): i64 {
    return this.times;
  }

  get twice(): i64 {
    return this.price() * 2;
  }
}

@promo(name="classes")
export function classes(ctx: Context): Result {
  const things: Thing[] = [new Cheap(100), new Dear(200)];
  let sum: i64 = 0;
  for (let i = 0; i < things.length; i++) {
    const thing = things[i];
    sum += thing instanceof Dear ? (thing as Dear).twice : thing.price();
  }
  const priced: Priced = things[0];
  return Result.order(min(sum, priced.price()), "THINGS");
}
