import { BANNED_NAMES, didYouMean } from "@haggle/toolchain/vocabulary";

export async function use(): Promise<unknown> {
  const why: string | undefined = BANNED_NAMES.trace;
  return [why, didYouMean("prommo", ["promo"])];
}

export const gives: unknown = [
  "a rule cannot write anywhere; give a reason or a message in its Result",
  'did you mean "promo"?',
];
