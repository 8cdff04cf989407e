// What came of an experiment, and what follows from it.
//
// Invariant: a unit counts in one variant, from its first exposure of the present phase on; whoever saw two counts in none.
// Invariant: intervals hold however often somebody looks; what they are made with is known before the data.
// Invariant: no key of a server signs a winner, and none comes into force. It becomes a draft, which authors sign, or save, or leave.
// Tables: experiment_analyses, experiment_winners. Events: experiment.winner.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyRequest } from "fastify";
import type { Analyses } from "./analysis.ts";
import { EventsParams } from "./event-schema.ts";
import type { ExperimentResults } from "./results.ts";
import { AnalysisBody, WinnerBody } from "./results-schema.ts";
import type { Asker } from "./service.ts";
import type { Winners } from "./winner.ts";

type Dependencies = { results: ExperimentResults; analyses: Analyses; winners: Winners };

const OPERATE = { scope: "operate" } as const;
const LOOK = { scope: "operate", orScope: "audit" } as const;

export function experimentResultRoutes(dependencies: Dependencies): FastifyPluginAsyncTypebox {
  const { results, analyses, winners } = dependencies;
  return async (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });

    app.get(
      "/v1/experiments/:key/results",
      {
        config: LOOK,
        schema: { summary: "What came of each variant, and how sure that is", params: EventsParams },
      },
      (request) => results.find(request.params.key),
    );

    app.put(
      "/v1/experiments/:key/analysis",
      {
        config: OPERATE,
        schema: {
          summary: "How an experiment is judged, and what it must not cost",
          params: EventsParams,
          body: AnalysisBody,
        },
      },
      (request) => analyses.put(request.params.key, request.body, askerOf(request, request.body.reason)),
    );

    app.post(
      "/v1/experiments/:key/winner",
      {
        config: OPERATE,
        schema: {
          summary:
            "Say which variant stays: ends the experiment, and drafts the release, or of skus the strategies, that follow",
          params: EventsParams,
          body: WinnerBody,
        },
      },
      (request) => {
        const { variant, reason } = request.body;
        return winners.decide(request.params.key, variant, askerOf(request, reason));
      },
    );

    app.get(
      "/v1/experiments/:key/draft",
      {
        config: OPERATE,
        schema: {
          summary:
            "The unsigned release of a winner, of what is live now; over skus its strategies, of what is in force",
          params: EventsParams,
        },
      },
      (request) => winners.draft(request.params.key),
    );
  };
}

function askerOf({ actor, id }: FastifyRequest, reason: string | undefined): Asker {
  return { actor, requestId: id, reason };
}
