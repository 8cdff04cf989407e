import { parseFilter } from "./filter-parse.ts";
import type { Flat } from "./flat.ts";
import { MAX_QUANTITY, MAX_SLOTS, MAX_TAGS, MAX_TIERS } from "./layout.ts";
import type {
  Effect,
  GiftEffect,
  GoodsEffect,
  ShippingEffect,
  SideEffect,
  Tiers,
  Units,
} from "./promotion.ts";
import { bad, integer, list, literal, name, object, optional, percentage, type Read } from "./shape.ts";

const VALUES = ["percent", "amount", "price", "tiers"] as const;

const amount = integer(0);
const quantity = integer(1, MAX_QUANTITY);
const flag = optional(literal(true, false));
const filter = optional(parseFilter);
const reason = optional(name);
const base = optional(literal("initial", "current"));
const pick = literal("cheapest", "dearest", "given", "largest");

type Step = Tiers["steps"][number];
const step: Read<Step> = (value, at) => {
  const read = object<Flat<Step>>({
    from: amount,
    percent: optional(percentage),
    amount: optional(amount),
    price: optional(amount),
  });
  return oneValue(read(value, at), at) as Step;
};
const tiers = object<Tiers>({
  by: literal("goods", "total", "quantity", "lineTotal", "lineQuantity"),
  mode: optional(literal("whole", "marginal")),
  steps: list(step, MAX_TIERS, 1),
});

const slot = object<NonNullable<Units["bundle"]>[number]>({ filter: parseFilter, quantity });
const units = object<Units>({
  pick: optional(pick),
  bundle: optional(list(slot, MAX_SLOTS, 1)),
  buy: optional(object<NonNullable<Units["buy"]>>({ quantity, filter, pick: optional(pick) })),
  get: optional(quantity),
  maxTimes: optional(quantity),
  partial: flag,
  reserve: optional(literal("get", "buy")),
  per: optional(literal("product", "sku", "line")),
  groupsOf: optional(quantity),
  skipFirst: optional(integer(0, MAX_QUANTITY)),
  every: optional(quantity),
  over: optional(literal("units", "lines")),
  max: optional(quantity),
  maxPerLine: optional(quantity),
});

const goods = object<Flat<GoodsEffect>>({
  target: literal("unit", "line", "lines", "order"),
  percent: optional(percentage),
  amount: optional(amount),
  price: optional(price),
  tiers: optional(tiers),
  filter,
  units: optional(units),
  base,
  split: optional(literal("proportional", "quantity", "even")),
  maxAmount: optional(amount),
  maxPerLine: optional(amount),
  maxPerUnit: optional(amount),
  capSplit: optional(literal("wanted", "totals", "order")),
  reason,
});
const shipping = object<Flat<ShippingEffect>>({
  target: literal("shipping"),
  percent: optional(percentage),
  amount: optional(amount),
  price: optional(amount),
  methods: optional(list(name, MAX_TAGS)),
  each: flag,
  base,
  maxAmount: optional(amount),
  reason,
});
const gift = object<GiftEffect>({
  target: literal("gift"),
  sku: name,
  productId: name,
  unitPrice: amount,
  quantity,
  perUnit: flag,
  filter,
  percent: optional(percentage),
  discountPresent: flag,
  reason,
});
const side = object<Flat<SideEffect>>({
  target: literal("points", "cashback", "message"),
  percent: optional(percentage),
  amount: optional(amount),
  filter,
  reason,
});

const READERS: { readonly [Target in Effect["target"]]: Read<Effect> } = {
  unit: parseGoods,
  line: parseGoods,
  lines: parseGoods,
  order: parseGoods,
  shipping: (value, at) => oneValue(shipping(value, at), at) as ShippingEffect,
  gift,
  points: parseSide,
  cashback: parseSide,
  message: parseSide,
};

/** Reads one effect. Throws DOCUMENT_* with the place and the value. */
export const parseEffect: Read<Effect> = (value, at) => {
  const target = (value as Partial<Effect> | null)?.target;
  if (typeof target !== "string" || !Object.hasOwn(READERS, target)) throw bad(`${at}.target`, target);
  return READERS[target](value, at);
};

function parseGoods(value: unknown, at: string): GoodsEffect {
  const effect = oneValue(goods(value, at), at) as GoodsEffect;
  // Free goods without bought ones, or the other way round, would say half of a thing.
  if ((effect.units?.buy === undefined) !== (effect.units?.get === undefined)) {
    throw bad(`${at}.units.get`, effect.units?.get);
  }
  if (effect.tiers) checkTiers(effect.tiers, effect.target, `${at}.tiers`);
  return effect;
}

function parseSide(value: unknown, at: string): SideEffect {
  return oneValue(side(value, at), at) as SideEffect;
}

function price(value: unknown, at: string): number | { of: ReturnType<typeof parseFilter> } {
  return typeof value === "object" ? object({ of: parseFilter })(value, at) : amount(value, at);
}

/** Exactly one of percent, amount, price and tiers says what an effect is worth. */
function oneValue<T extends object>(found: T, at: string): T {
  const stated = VALUES.filter((key) => Object.hasOwn(found, key));
  if (stated.length !== 1) throw bad(at, stated.join(", "));
  return found;
}

function checkTiers({ by, mode, steps }: Tiers, target: GoodsEffect["target"], at: string): void {
  const kind = kindOf(steps[0]!);
  for (const [i, { from, ...value }] of steps.entries()) {
    if (kindOf({ from, ...value }) !== kind) throw bad(`${at}.steps[${i}]`, kindOf({ from, ...value }));
    if (i > 0 && from <= steps[i - 1]!.from) throw bad(`${at}.steps[${i}].from`, from);
  }
  // What is asked of one line has no answer where one amount is made for many.
  const isPerLine = by === "lineTotal" || by === "lineQuantity";
  const isTogether = target === "lines" || target === "order";
  if (isPerLine && isTogether) throw bad(`${at}.by`, by);
  if (mode !== "marginal") return;
  if (kind !== "percent") throw bad(`${at}.mode`, mode);
  if (target === "unit" || by !== (isTogether ? "total" : "lineTotal")) throw bad(`${at}.by`, by);
}

function kindOf(step: Step): string {
  return "percent" in step ? "percent" : "amount" in step ? "amount" : "price";
}
