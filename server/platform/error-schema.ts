import { Type } from "typebox";

/** The body of every answer that is not a success; `ErrorBody` of errors.ts, for the interface's description. */
export const ErrorSchema = Type.Object(
  {
    error: Type.Object(
      {
        code: Type.String({ description: "Of a closed list, never reused" }),
        message: Type.String(),
        at: Type.Optional(
          Type.Union([Type.String(), Type.Number()], { description: "The place that is wrong" }),
        ),
        value: Type.Optional(
          Type.Union([Type.String(), Type.Number(), Type.Boolean()], {
            description: "The value that is wrong",
          }),
        ),
        requestId: Type.String({ description: "Finds the lines of the log" }),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false, description: "What is wrong" },
);
