// Errors across the channel, and those of the channel itself.

import { type Code, HaggleError } from "@haggle/abi";
import type { SentError } from "./channel.ts";

/** A newer call took the place of this one before it began: whoever made it has nothing to show. */
export class Superseded extends Error {
  override readonly name = "Superseded";
}

/** The worker did not answer, or ended twice; what was asked of it is lost, and the next call has another one. */
export class WorkerEnded extends Error {
  override readonly name = "WorkerEnded";
}

/** The worker was ended on purpose, with whatever was asked of it: nobody needs to be told. */
export class WorkerClosed extends Error {
  override readonly name = "WorkerClosed";
}

/** What of an error can be posted. */
export function sendable(cause: unknown): SentError {
  if (!(cause instanceof Error)) return { name: "Error", message: String(cause) };
  const { name, message, stack } = cause;
  const plain = { name, message, ...(stack !== undefined && { stack }) };
  if (!(cause instanceof HaggleError)) return plain;
  const { code, at, value } = cause;
  const isPlain = value === null || ["string", "number", "boolean"].includes(typeof value);
  return { ...plain, code, ...(at !== undefined && { at }), ...(isPlain && { value }) };
}

/** The error again, with the worker's stack. */
export function received({ name, message, code, at, value, stack }: SentError): Error {
  const error = code === undefined ? new Error(message) : new HaggleError(code as Code, message);
  // Its message has place and value in it already.
  Object.assign(error, code === undefined ? { name } : { at, value }, stack !== undefined && { stack });
  return error;
}
