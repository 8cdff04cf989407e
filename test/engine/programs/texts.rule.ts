enum Size {
  Small = 1,
  Large = Small + 1,
}

namespace words {
  export const LIMIT: i32 = 4;

  export function shorter(text: string): string {
    return text.length > LIMIT ? text.slice(0, LIMIT) : text;
  }
}

function describe(size: Size): string {
  switch (size) {
    case Size.Small:
      return "small";
    case Size.Large:
      return "large";
    default:
      return `size ${(size as i32).toString()}`;
  }
}

@promo(name="texts", group="words")
export function texts(ctx: Context): Result {
  const text = describe(Size.Large).toUpperCase() + words.shorter("abcdef");
  const parts = text.split("A");
  let length = parts.join("-").length;
  do {
    length -= 1;
  } while (length > 10);
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) if (i * j > 1) break;
    length += 1;
  }
  return Result.order(length as i64, "TEXT");
}
