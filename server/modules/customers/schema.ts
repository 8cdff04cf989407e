import type { Schema } from "@haggle/abi";
import { type Static, Type } from "typebox";
import { type Attributes, attributes, opaqueId, word } from "../../platform/opaque.ts";
import { LimitSchema } from "../../platform/page.ts";

const strict = { additionalProperties: false };
const MAX_SAFE = Number.MAX_SAFE_INTEGER;
/** As many as a cart takes. */
const MAX_SEGMENTS = 256;
const MAX_COUNTERS = 64;

const segments: Schema = { type: "array", items: word, maxItems: MAX_SEGMENTS, uniqueItems: true };
const counters: Schema = {
  type: "object",
  propertyNames: {
    type: "string",
    pattern: "^[a-z][A-Za-z0-9]{0,63}$",
    description: "A name of letters and digits, such as orders",
  },
  maxProperties: MAX_COUNTERS,
  additionalProperties: { type: "integer", minimum: 0, maximum: MAX_SAFE },
  description: "Set to these; those left out stay as they are",
};
const fields: Record<string, Schema> = { segments, tier: word, attributes, counters };

/** The allow list of what is kept of somebody. */
export const CUSTOMER_FIELDS: readonly string[] = Object.keys(fields);

const CUSTOMER: Schema = { type: "object", additionalProperties: false, properties: fields };

/** One row of a file. */
export const ROW_SCHEMA: Schema = {
  type: "object",
  additionalProperties: false,
  required: ["id"],
  properties: { id: opaqueId, ...fields },
};

export type Counters = Record<string, number>;
export type CustomerFields = {
  segments?: string[];
  tier?: string;
  attributes?: Attributes;
  counters?: Counters;
};
export type CustomerRow = CustomerFields & { id: string };

export const CustomerBody = Type.Unsafe<CustomerFields>(CUSTOMER);

const Id = Type.Unsafe<string>(opaqueId);
const Time = Type.Integer({ description: "Epoch ms" });

export const CustomerParams = Type.Object({ id: Id }, strict);
export const CustomersQuery = Type.Object(
  {
    after: Type.Optional(Id),
    limit: LimitSchema,
    segment: Type.Optional(Type.Unsafe<string>(word)),
  },
  strict,
);

export const CustomerView = Type.Object(
  {
    id: Type.String(),
    segments: Type.Array(Type.String()),
    tier: Type.Optional(Type.String()),
    attributes: Type.Record(Type.String(), Type.Union([Type.String(), Type.Integer(), Type.Boolean()])),
    counters: Type.Record(Type.String(), Type.Integer(), {
      description: "What was counted; no change of them is a change of the revision",
    }),
    revision: Type.Integer(),
    createdAt: Time,
    updatedAt: Time,
  },
  strict,
);
export const CustomersView = Type.Object(
  { customers: Type.Array(CustomerView), next: Type.Optional(Type.String()) },
  strict,
);

export const PutView = Type.Object(
  {
    customers: Type.Integer({ description: "How many were stored" }),
    refused: Type.Integer({ description: "How many rows were not" }),
    faults: Type.Array(
      Type.Object(
        {
          row: Type.Integer({ description: "From 0" }),
          at: Type.String(),
          code: Type.String(),
          message: Type.String(),
        },
        strict,
      ),
      { description: "One for each row that was not, of the first hundred" },
    ),
  },
  strict,
);

export type CustomerView = Static<typeof CustomerView>;
export type RowFault = Static<typeof PutView>["faults"][number];
