import { type Static, Type } from "typebox";
import { opaqueId } from "../../platform/opaque.ts";

const strict = { additionalProperties: false };
const Time = Type.Integer({ minimum: 0, description: "Epoch ms" });
const OrderId = Type.String({ pattern: "^order_[A-Za-z0-9_-]{24}$", maxLength: 30 });
const ShipmentId = Type.String({ pattern: "^ship_[A-Za-z0-9_-]{24}$", maxLength: 29 });
const LineId = Type.String({ minLength: 1, maxLength: 256, description: "Of the order" });
const Units = Type.Integer({ minimum: 1, maximum: 1_000_000_000 });
const Reference = Type.String({ ...opaqueId, description: "Of whoever packs it; it says nothing to others" });

export const OrderParams = Type.Object({ id: OrderId }, strict);
export const ShipmentParams = Type.Object({ id: ShipmentId }, strict);

export const ShipmentBody = Type.Object(
  {
    lines: Type.Optional(
      Type.Array(Type.Object({ line: LineId, units: Units }, strict), {
        minItems: 1,
        maxItems: 2_000,
        description: "What leaves; all that has not when it is left out",
      }),
    ),
    reference: Type.Optional(Reference),
  },
  strict,
);

export const ShipmentView = Type.Object(
  {
    id: ShipmentId,
    order: OrderId,
    reference: Type.Optional(Reference),
    lines: Type.Array(
      Type.Object({ line: LineId, firstUnit: Type.Integer({ minimum: 0 }), units: Units }, strict),
      { description: "Units 0 .. quantity - 1 of each line leave in their order" },
    ),
    shippedAt: Time,
    deliveredAt: Type.Optional(Time),
  },
  strict,
);
export const ShipmentsView = Type.Object({ shipments: Type.Array(ShipmentView) }, strict);
export const Begun = Type.Object({ order: OrderId }, strict);

export type ShipmentBody = Static<typeof ShipmentBody>;
export type ShipmentView = Static<typeof ShipmentView>;
