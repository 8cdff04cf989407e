import { randomBytes } from "node:crypto";

const ID_BYTES = 18;

export const newPaymentId = (): string => `pay_${randomBytes(ID_BYTES).toString("base64url")}`;

/** What a provider is asked by: nobody else's, and never used for anything else. */
export const newOperationId = (): string => `op_${randomBytes(ID_BYTES).toString("base64url")}`;
