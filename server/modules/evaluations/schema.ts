import { Type } from "typebox";

/**
 * The cart's own checker is the engine, the same one that runs in the shopper's browser; a second description here
 * would only learn to differ from it.
 */
export const EvaluationBody = Type.Unknown();
