import { type Cart, type CartLine, lineDetail, type Policy } from "@haggle/abi";
import { parsePpm } from "./exact.ts";

// What the pricing of one cart knows at one moment. Applying a promotion makes a new state, so that trying is free.

/** Lines of the cart that differ in nothing but id and quantity; or one line, where the policy keeps them as given. */
export type Line = {
  readonly index: number;
  readonly goods: CartLine;
  /** Positions in the cart. */
  readonly positions: readonly number[];
  readonly quantity: number;
  readonly entryPrice: bigint;
  readonly floor: bigint;
  readonly cost: bigint | undefined;
  readonly ratePpm: bigint;
  /** The unit price that the catalog phase left. */
  price: bigint;
  /** By the catalog phase, once that has ended. */
  catalog: bigint;
  /** Since the catalog phase; within it, by it. */
  taken: bigint;
  /** Units that promotions used once and for all. */
  used: number;
};

export type Entry = {
  readonly method: string;
  readonly price: bigint;
  readonly ratePpm: bigint;
  taken: bigint;
};

export type Share = { promotion: string; line: number; amount: bigint };
export type Added = {
  promotion: string;
  sku: string;
  productId: string;
  quantity: number;
  unitPrice: bigint;
  discount: bigint;
};
export type Grant = { promotion: string; kind: "points" | "cashback"; amount: bigint };
export type Claim = { promotion: string; allowance: string; amount: bigint };

export type State = {
  readonly cart: Cart;
  readonly policy: Policy;
  readonly isServer: boolean;
  isCatalog: boolean;
  lines: Line[];
  shipping: Entry[];
  /** What is left of each allowance that the cart states. */
  allowances: Map<string, bigint>;
  shares: Share[];
  added: Added[];
  grants: Grant[];
  claims: Claim[];
  marginHeld: boolean;
};

/** Section 1: the lines in their order, equal ones merged. */
export function startOf(cart: Cart, policy: Policy, isServer: boolean): State {
  return {
    cart,
    policy,
    isServer,
    isCatalog: true,
    lines: groupLines(cart, policy).map((positions, index) => startLine(cart, positions, index)),
    shipping: cart.shipping.map(({ method, price, taxRate }) => ({
      method,
      price: BigInt(price),
      ratePpm: parsePpm(taxRate ?? "0"),
      taken: 0n,
    })),
    allowances: new Map(
      Object.entries(cart.allowances ?? {}).map(([name, remaining]) => [name, BigInt(remaining)]),
    ),
    shares: [],
    added: [],
    grants: [],
    claims: [],
    marginHeld: false,
  };
}

export function copyState(state: State): State {
  return {
    ...state,
    lines: state.lines.map((line) => ({ ...line })),
    shipping: state.shipping.map((entry) => ({ ...entry })),
    allowances: new Map(state.allowances),
    shares: [...state.shares],
    added: [...state.added],
    grants: [...state.grants],
    claims: [...state.claims],
  };
}

/** Section 2: what the catalog phase took becomes the price. */
export function endCatalog(state: State): State {
  const next = copyState(state);
  next.isCatalog = false;
  for (const line of next.lines) {
    line.price -= line.taken / BigInt(line.quantity);
    line.catalog = line.taken;
    line.taken = 0n;
  }
  return next;
}

export function initialOf(line: Line): bigint {
  return line.price * BigInt(line.quantity);
}

export function leftOf(line: Line): bigint {
  return initialOf(line) - line.taken;
}

/** The unit price that effects compute with. */
export function priceOf(state: State, line: Line): bigint {
  return state.isCatalog ? leftOf(line) / BigInt(line.quantity) : line.price;
}

function groupLines(cart: Cart, policy: Policy): number[][] {
  const positions = cart.lines.map((_, position) => position);
  if (policy.lines === "asGiven") return positions.map((position) => [position]);
  const keyOf = (position: number) => lineDetail(cart.lines[position]!);
  const sorted = positions.toSorted((a, b) => {
    const [left, right] = [cart.lines[a]!, cart.lines[b]!];
    return left.unitPrice - right.unitPrice || compare(left.sku, right.sku) || compare(keyOf(a), keyOf(b));
  });
  const groups: number[][] = [];
  for (const position of sorted) {
    const line = cart.lines[position]!;
    const last = groups.at(-1);
    const before = last && cart.lines[last[0]!]!;
    const isSame =
      before?.unitPrice === line.unitPrice && before.sku === line.sku && keyOf(last![0]!) === keyOf(position);
    if (isSame) last!.push(position);
    else groups.push([position]);
  }
  return groups;
}

function startLine(cart: Cart, positions: readonly number[], index: number): Line {
  const goods = cart.lines[positions[0]!]!;
  const price = BigInt(goods.unitPrice);
  return {
    index,
    goods,
    positions,
    quantity: positions.reduce((total, position) => total + cart.lines[position]!.quantity, 0),
    entryPrice: price,
    floor: BigInt(goods.minUnitPrice ?? 0),
    cost: goods.unitCost === undefined ? undefined : BigInt(goods.unitCost),
    ratePpm: parsePpm(goods.taxRate ?? "0"),
    price,
    catalog: 0n,
    taken: 0n,
    used: 0,
  };
}

/** By UTF-16 units. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
