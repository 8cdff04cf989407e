// Drafts of releases, and two releases on recorded carts, for the half in VS Code that talks to servers and signs. The
// texts of a draft are those that the editor shows; nothing here knows a key or an address.

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
import { signalOf } from "../cancellation.ts";
import type { Server } from "../serve.ts";
import { inWords } from "../words/say.ts";

export function registerReleases({ answer, files, worker, locale }: Server): void {
  answer<DraftRequest, DraftAnswer>(DRAFT, async ({ root, ...options }, token) => {
    const { files: sources, data } = await files.readProject(canonicalUri(root));
    const project = { files: sources, data };
    const draft = await worker.call("draft", { project, options }, { signal: signalOf(token) });
    if (draft.ok) return draft;
    return { ...draft, problems: draft.problems.map((problem) => inWords(problem, locale())) };
  });
  answer<Compared, ComparisonOpened>(OPEN_COMPARISON, async (releases, token) => {
    const opened = await worker.call("openComparison", releases, { signal: signalOf(token) });
    return opened.ok ? opened : inWords(opened, locale());
  });
  answer<AddCarts, CartsAdded>(ADD_CARTS, (carts, token) =>
    worker.call("addCarts", carts, { signal: signalOf(token) }),
  );
  answer<{ comparison: number }, ComparisonEnded>(END_COMPARISON, ({ comparison }, token) =>
    worker.call("endComparison", comparison, { signal: signalOf(token) }),
  );
}
