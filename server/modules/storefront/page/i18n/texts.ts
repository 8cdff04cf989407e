// What the page says, in any language. Amounts, times and counts come in spelt.

export type Texts = {
  /** What stands in the HTML, by `data-text` and `data-label`. */
  page: Readonly<
    Record<
      | "title"
      | "skip"
      | "brand"
      | "language"
      | "heading"
      | "lead"
      | "bench"
      | "network"
      | "cut"
      | "rules"
      | "side"
      | "sideStable"
      | "sideCanary"
      | "receipt"
      | "getQuote"
      | "cart"
      | "empty"
      | "delivery"
      | "who"
      | "coupon"
      | "subtotal"
      | "discounts"
      | "total"
      | "order"
      | "history"
      | "payBy"
      | "pay"
      | "ship"
      | "ledger"
      | "paid"
      | "paidBack"
      | "receiptTitle"
      | "receiptQuote"
      | "receiptRelease"
      | "receiptDecision"
      | "receiptIssued"
      | "receiptExpires"
      | "receiptFoot"
      | "forge"
      | "proof"
      | "figure"
      | "thisBrowser"
      | "server"
      | "digest"
      | "fuel"
      | "time"
      | "proofFoot",
      string
    >
  >;
  product(product: Named): { name: string; note: string };
  delivery(method: string, name: string): string;
  segment(segment: string | undefined): string;
  means(token: string, name: string): string;
  /** A reason code as a shopper reads it. */
  reason(code: string): string;
  /** Before what is missing, and behind it: by a rule's own reason, or by the promotion that is near. */
  buyMore: string;
  missing(reason: string): string;
  unlock(promotion: string, unit: "minor" | "pieces"): string;
  pieces(count: number): string;
  /** A code, without a full stop. */
  error(code: string, english: string): string;
  errorAt(text: string, at: string | undefined, value: string | undefined): string;

  add: string;
  addOf(name: string): string;
  less(name: string): string;
  more(name: string): string;
  quantityOf(name: string): string;
  tryCoupon(codes: readonly string[]): string;
  free: string;

  release: {
    fetching: string;
    waiting: string;
    verified: string;
    restored: string;
    offline: string;
    stale: string;
    withdrawn: string;
    served: string;
    none(why: string): string;
    fallback(why: string): string;
    swapped(release: string): string;
    notTaken(why: string): string;
  };
  network: {
    on(release: string): string;
    off(until: string): string;
    ended(since: string): string;
    lost(until: string): string;
  };
  rules: {
    version(version: number, time: string): string;
    changed(before: string, after: string): string;
    same: string;
    idle: string;
  };
  side: {
    everybody: string;
    stable: string;
    canary: string;
    one: string;
    two: string;
    lost: string;
  };
  receipt: {
    none: string;
    asking: string;
    verified: string;
    refused: string;
    forged(why: string): string;
    signedBy(key: string): string;
    match: string;
    drift(causes: string): string;
    notComparable(causes: string): string;
    cause(cause: string): string;
    both(items: readonly string[]): string;
  };
  proof: {
    waiting: string;
    pending: string;
    equal: string;
    refused: string;
    differs: string;
    otherRelease: string;
    offline: string;
    served: string;
    noPrice: string;
  };
  till: {
    buy: string;
    buyFor(amount: string): string;
    nothing: string;
    asking: string;
    asks(amount: string): string;
    placing: string;
    silent: string;
    refused(text: string, value: string | undefined): string;
  };
  order: {
    state(state: string): string;
    cause(cause: string): string;
    askingBank: string;
    lateBank: string;
    isPaid: string;
    isSent: string;
    sendOne: string;
    sendIt: string;
    keepIt: string;
    ofGoods(action: string, name: string): string;
    refund(amount: string): string;
    told(name: string, text: string): string;
    isBack(amount: string): string;
    unit(number: number): string;
    units(first: number, last: number): string;
    sentBack(units: string): string;
    price: string;
    tax: string;
    costs: string;
    rounding: string;
    delivery(method: string): string;
  };
};

/** Of the catalogue. */
export type Named = {
  name: string;
  note: string;
  translations: Readonly<Record<string, { name: string; note: string }>>;
};
