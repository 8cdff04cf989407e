import type { Code, HaggleError } from "@haggle/abi";

/** No price: the cart is wrong or the engine cannot vouch for one. Carries no amounts, so none can be charged. */
export class RefusedDecision {
  readonly ok = false;
  readonly error: HaggleError;

  constructor(error: HaggleError) {
    this.error = error;
  }

  toJSON(): { error: { code: Code; message: string; at?: string | number } } {
    const { code, message, at } = this.error;
    return { error: { code, message, ...(at !== undefined && { at }) } };
  }
}
