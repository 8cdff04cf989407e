// Drafts of releases, and two releases on recorded carts, for the half in VS Code that talks to servers and signs. The
// texts of a draft are those that the editor shows; nothing here knows a key or an address.

import { type CancellationToken, LSPErrorCodes, RequestType, ResponseError } from "vscode-languageserver";
import { canonicalUri } from "../../shared/project-files.ts";
import {
  ADD_CARTS,
  type AddCarts,
  type CartsAdded,
  type Compared,
  type ComparisonEnded,
  type ComparisonOpened,
  DRAFT,
  type DraftAnswer,
  type DraftRequest,
  END_COMPARISON,
  OPEN_COMPARISON,
} from "../../shared/release.ts";
import type { CallOptions } from "../../worker/caller.ts";
import { signalOf } from "../cancellation.ts";
import type { Server } from "../serve.ts";
import { inWords } from "../words/say.ts";

export function registerReleases({ connection, files, worker, locale }: Server): void {
  connection.onRequest(
    new RequestType<DraftRequest, DraftAnswer, void>(DRAFT),
    async ({ root, ...options }, token) => {
      const { files: sources, data } = await files.readProject(canonicalUri(root));
      const project = { files: sources, data };
      const answer = await cancelled(token, (call) => worker.call("draft", { project, options }, call));
      if (answer.ok) return answer;
      return { ...answer, problems: answer.problems.map((problem) => inWords(problem, locale())) };
    },
  );
  connection.onRequest(
    new RequestType<Compared, ComparisonOpened, void>(OPEN_COMPARISON),
    async (releases, token) => {
      const answer = await cancelled(token, (call) => worker.call("openComparison", releases, call));
      return answer.ok ? answer : inWords(answer, locale());
    },
  );
  connection.onRequest(new RequestType<AddCarts, CartsAdded, void>(ADD_CARTS), (carts, token) =>
    cancelled(token, (call) => worker.call("addCarts", carts, call)),
  );
  connection.onRequest(
    new RequestType<{ comparison: number }, ComparisonEnded, void>(END_COMPARISON),
    ({ comparison }, token) => cancelled(token, (call) => worker.call("endComparison", comparison, call)),
  );
}

/** Whoever asked and does not want to know any more gets no answer, as the protocol has it. */
async function cancelled<T>(
  token: CancellationToken,
  call: (options: CallOptions) => Promise<T>,
): Promise<T> {
  try {
    return await call({ signal: signalOf(token) });
  } catch (cause) {
    if (!token.isCancellationRequested) throw cause;
    throw new ResponseError(LSPErrorCodes.RequestCancelled, "cancelled");
  }
}
