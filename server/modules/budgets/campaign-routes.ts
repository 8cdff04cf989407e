import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { nextOf, readPage } from "../../platform/page.ts";
import { ChangeHeaders, readCondition, tagOf } from "../../platform/revision.ts";
import { byOf } from "../../platform/scope.ts";
import { CampaignBody, CampaignParams, CampaignQuery, CampaignsView, CampaignView } from "./schema.ts";
import type { Budgets } from "./service.ts";

const READ = { scope: "budgets:read", orScope: "budgets:write" } as const;
const WRITE = { scope: "budgets:write" } as const;
const TAGS = ["budgets"];

export function campaignRoutes(campaigns: Budgets["campaigns"]): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      "/v1/campaigns",
      {
        config: READ,
        schema: {
          operationId: "listCampaigns",
          summary: "Campaigns, and what is used of what they may give",
          tags: TAGS,
          querystring: CampaignQuery,
          response: { 200: CampaignsView },
        },
      },
      async ({ query }) => {
        const page = readPage(query);
        const found = await campaigns.list(page);
        return { campaigns: found, ...nextOf(found, page.limit, ({ id }) => id) };
      },
    );

    app.get(
      "/v1/campaigns/:id",
      {
        config: READ,
        schema: {
          operationId: "getCampaign",
          summary: "One campaign; its ETag is for a change",
          tags: TAGS,
          params: CampaignParams,
          response: { 200: CampaignView },
        },
      },
      async (request, reply) => {
        const campaign = await campaigns.get(request.params.id);
        return reply.header("etag", tagOf(campaign)).send(campaign);
      },
    );

    app.put(
      "/v1/campaigns/:id",
      {
        config: WRITE,
        schema: {
          operationId: "putCampaign",
          summary: "Say when a campaign is on, and what it may give",
          tags: TAGS,
          headers: ChangeHeaders,
          params: CampaignParams,
          body: CampaignBody,
          response: { 200: CampaignView },
        },
      },
      async (request, reply) => {
        const { params, body, headers } = request;
        const campaign = await campaigns.put(params.id, body, readCondition(headers), byOf(request));
        return reply.header("etag", tagOf(campaign)).send(campaign);
      },
    );
  };
}
