class Node {
  next: Node | null = null;

  constructor(public value: i64) {}
}

function lengthOf(node: Node | null): i32 {
  let count = 0;
  let each: Node | null = node;
  while (each) {
    count++;
    each = each.next;
  }
  return count;
}

@promo(name="nullable")
export function nullable(ctx: Context): Result {
  const first = new Node(1);
  first.next = new Node(2);
  const second = first.next;
  const value = second ? second.value : 0;
  const other = first.next!.value;
  return Result.order(value + other + lengthOf(first), "LINKED");
}
