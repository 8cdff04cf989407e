// Carts priced, and tables checked, by the worker and from what the editor shows; and where promotions are declared.

import { findPromotionPlaces } from "@haggle/toolchain/project-files";
import { CHECK, type CheckRequest, type ConflictReport } from "../../shared/conflicts.ts";
import {
  type PlacesRequest,
  PRICE,
  PROMOTION_PLACES,
  type PriceAnswer,
  type PriceRequest,
  type PromotionPlaces,
} from "../../shared/price.ts";
import { canonicalUri } from "../../shared/project-files.ts";
import type { ProjectTexts } from "../../worker/calls.ts";
import { signalOf } from "../cancellation.ts";
import type { Server } from "../serve.ts";
import { findingInWords, inWords } from "../words/say.ts";

export function registerPrice({ connection, answer, files, rules, worker, locale }: Server): void {
  answer<PriceRequest, PriceAnswer>(PRICE, async ({ root, ...request }, token) => {
    const project = await textsOf(root);
    const price = await worker.call("price", { project, request }, { signal: signalOf(token) });
    const own = request.locale ?? locale();
    if (price.ok) return price;
    if (price.kind === "refused") return inWords(price, own);
    return { ...price, faults: price.faults.map((fault) => inWords(fault, own)) };
  });

  answer<CheckRequest, ConflictReport>(
    CHECK,
    async ({ root, currency, workDoneToken, locale: own = locale() }, token) => {
      // Does nothing where nobody said where to tell it.
      const progress = connection.window.attachWorkDoneProgress(workDoneToken);
      const onProgress = ({ done, of }: { done: number; of: number }) =>
        progress.report(Math.floor((100 * done) / of), `${done}/${of}`);
      progress.begin("", 0, undefined, true);
      const options = { now: Date.now(), ...(currency !== undefined && { currency }) };
      const report = await textsOf(root)
        .then((project) =>
          worker.call("conflicts", { project, options }, { signal: signalOf(token), onProgress }),
        )
        .finally(() => progress.done());
      if (!report.ok) return { ...report, faults: report.faults.map((fault) => inWords(fault, own)) };
      return {
        ...report,
        findings: report.findings.map((finding) => findingInWords(finding, own)),
        undecided: report.undecided.map((question) => findingInWords(question, own)),
      };
    },
  );

  answer<PlacesRequest, PromotionPlaces>(PROMOTION_PLACES, async ({ root, promotions }) => {
    const at = canonicalUri(root);
    const { data } = await files.readProject(at);
    const stated = findPromotionPlaces(data);
    const known = rules.of(at).rules;
    const found = promotions.flatMap((id) => {
      const place = stated.get(id);
      if (place !== undefined) {
        const { file, line, column } = place;
        return [[id, { uri: files.uriOf(at, file), line: line - 1, character: column - 1 }] as const];
      }
      // A rule that no promotion names is one by itself, under its own name.
      const rule = known.find(({ name }) => name === id);
      return rule === undefined ? [] : [[id, { uri: rule.uri, ...rule.range.start }] as const];
    });
    return Object.fromEntries(found);
  });

  async function textsOf(root: string): Promise<ProjectTexts> {
    const { files: sources, data } = await files.readProject(canonicalUri(root));
    return { files: sources, data };
  }
}
