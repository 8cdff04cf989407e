import { errorText } from "@haggle/sdk/error-texts";

export async function use(): Promise<unknown> {
  const text: string = errorText("CART_NOT_INTEGER");
  return text;
}

export const gives: unknown = "An integer is needed; amounts are in minor units";
