// Answers to requests of the extension's own. Why one failed is read by a person: it is said in the editor's language, and
// without the name of the request around it.

import { explainError, HaggleError } from "@haggle/abi";
import {
  type CancellationToken,
  type Connection,
  ErrorCodes,
  type HandlerResult,
  LSPErrorCodes,
  ResponseError,
} from "vscode-languageserver";
import type { ViewLocale } from "../shared/price.ts";
import { WorkerClosed, WorkerEnded } from "../worker/errors.ts";
import { Untrusted } from "./trust.ts";
import { say } from "./words/say.ts";
import { tell } from "./words/tell.ts";

/** Answers the requests of a method. Whoever asked and does not want to know any more is told nothing else. */
export type Answer = <P, R>(
  method: string,
  answer: (params: P, token: CancellationToken) => Promise<R> | R,
) => void;

export function createAnswer(connection: Connection, locale: () => ViewLocale): Answer {
  return <P, R>(method: string, answer: (params: P, token: CancellationToken) => Promise<R> | R) => {
    // A request without parameters comes with its token alone.
    type Given = [P, CancellationToken] | [CancellationToken];
    connection.onRequest(method, async (...given: Given): Promise<HandlerResult<unknown, void>> => {
      const token = given.at(-1) as CancellationToken;
      const params = (given.length > 1 ? given[0] : undefined) as P;
      try {
        return await answer(params, token);
      } catch (cause) {
        if (token.isCancellationRequested) {
          throw new ResponseError(LSPErrorCodes.RequestCancelled, "cancelled");
        }
        if (cause instanceof ResponseError) throw cause;
        if (!isExpected(cause)) {
          connection.console.error(`${method}: ${cause instanceof Error ? cause.stack : cause}`);
        }
        // A view may have a language of its own.
        const own = (params as { locale?: ViewLocale } | undefined)?.locale ?? locale();
        throw new ResponseError(ErrorCodes.InternalError, explainFailure(cause, own));
      }
    });
  };
}

/** What went wrong, for a person. */
export function explainFailure(cause: unknown, locale: ViewLocale): string {
  if (cause instanceof Untrusted) {
    return tell(locale, "Nothing of this workspace is compiled or run before you trust it");
  }
  if (cause instanceof WorkerEnded || cause instanceof WorkerClosed) {
    return say({ code: undefined, message: cause.message }, locale);
  }
  if (cause instanceof HaggleError) return say({ code: cause.code, message: explainError(cause) }, locale);
  return tell(locale, "This failed by a mistake of the extension: {0}", describe(cause));
}

/** That somebody is told is enough: nothing is wrong with the extension. */
function isExpected(cause: unknown): boolean {
  return [Untrusted, WorkerEnded, WorkerClosed, HaggleError].some((known) => cause instanceof known);
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
