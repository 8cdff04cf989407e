// The entries that run in pages too.

import * as sdk from "./sdk.ts";
import * as sdkCart from "./sdk-cart.ts";
import * as sdkClient from "./sdk-client.ts";
import * as sdkEdge from "./sdk-edge.ts";
import * as sdkErrorTexts from "./sdk-error-texts.ts";
import * as sdkExperiments from "./sdk-experiments.ts";
import * as sdkExperimentsClient from "./sdk-experiments-client.ts";
import * as sdkExplain from "./sdk-explain.ts";
import * as sdkFlags from "./sdk-flags.ts";
import * as sdkOpenfeatureWeb from "./sdk-openfeature-web.ts";
import * as sdkPricing from "./sdk-pricing.ts";
import * as sdkReact from "./sdk-react.ts";
import * as sdkReceipts from "./sdk-receipts.ts";
import * as sdkSign from "./sdk-sign.ts";
import * as sdkTrust from "./sdk-trust.ts";
import type { Uses } from "./uses.ts";

export const PAGE_ENTRIES: Uses = {
  "@haggle/sdk": sdk,
  "@haggle/sdk/cart": sdkCart,
  "@haggle/sdk/client": sdkClient,
  "@haggle/sdk/edge": sdkEdge,
  "@haggle/sdk/error-texts": sdkErrorTexts,
  "@haggle/sdk/experiments": sdkExperiments,
  "@haggle/sdk/experiments-client": sdkExperimentsClient,
  "@haggle/sdk/explain": sdkExplain,
  "@haggle/sdk/flags": sdkFlags,
  "@haggle/sdk/openfeature-web": sdkOpenfeatureWeb,
  "@haggle/sdk/pricing": sdkPricing,
  "@haggle/sdk/react": sdkReact,
  "@haggle/sdk/receipts": sdkReceipts,
  "@haggle/sdk/sign": sdkSign,
  "@haggle/sdk/trust": sdkTrust,
};
