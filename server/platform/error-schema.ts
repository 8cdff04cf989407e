import { Type } from "typebox";

/** One of what is wrong with a file. */
export const FaultView = Type.Object(
  {
    severity: Type.Union([Type.Literal("error"), Type.Literal("warning")]),
    code: Type.String({ description: "Of the closed list of codes" }),
    message: Type.String(),
    hint: Type.Optional(Type.String()),
    at: Type.Optional(Type.String({ description: "Such as strategies[0].parameters.raise" })),
    value: Type.Optional(Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
    line: Type.Integer({ description: "From 1" }),
    column: Type.Integer({ description: "From 1" }),
  },
  { additionalProperties: false },
);

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
    faults: Type.Optional(
      Type.Array(FaultView, { description: "All that is wrong with a file; `error` is the first of it" }),
    ),
  },
  { additionalProperties: false, description: "What is wrong" },
);
