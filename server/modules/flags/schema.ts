import { Type } from "typebox";

export const FlagParams = Type.Object(
  { key: Type.String({ minLength: 1, maxLength: 256, description: "The key of a flag." }) },
  { additionalProperties: false },
);

/** Checked by hand: the protocol has answers of its own for what is wrong with it, and contexts may say anything. */
export const FlagsBody = Type.Unknown({ description: "`{ context: { targetingKey, ... } }`" });
