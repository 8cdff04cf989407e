// The interface, described: /openapi.json is made of the routes' own schemas, and /docs shows it to people.

import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyPluginAsync, FastifySchema, RouteOptions } from "fastify";
import { Type } from "typebox";
import { ErrorSchema } from "./error-schema.ts";
import type { HttpServer } from "./http.ts";
import { giveScope, type Scope } from "./scope.ts";

type Options = {
  /** What is allowed without a key. */
  anonymousScopes: readonly Scope[];
};

const VERSION = "0.1.0";

const ABOUT = `Signed promotion rules: releases, channels, rollouts, evaluations.

Every failure has the body of the schema Error. Amounts are integers of minor units, times are epoch milliseconds UTC. A route
asks for one scope of the caller's key, and admin has every scope.`;

/** Describes every route that is registered after it. */
export async function describeInterface(server: HttpServer, { anonymousScopes }: Options): Promise<void> {
  server.addSchema({ $id: "Error", ...ErrorSchema });
  await server.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Haggle",
        version: VERSION,
        description: ABOUT,
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      components: {
        securitySchemes: {
          bearer: {
            type: "http",
            scheme: "bearer",
            description: "An API key, or a token of a trusted issuer",
          },
          header: { type: "apiKey", in: "header", name: "x-api-key", description: "An API key" },
        },
      },
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => String(json.$id ?? `schema-${i}`) },
    transform: ({ schema, url, route }) => ({ schema: describe(schema, route, anonymousScopes), url }),
  });

  server.get(
    "/openapi.json",
    {
      config: { scope: "public" },
      schema: {
        summary: "This description, as OpenAPI 3.1",
        tags: ["operation"],
        response: { 200: Type.Object({}, { additionalProperties: true }) },
      },
    },
    (_request, reply) => reply.header("cache-control", "no-cache").send(server.swagger()),
  );
}

/** Swagger UI writes styles into its elements and its own markup, which no other page may. */
const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The page at `/docs`. */
export const docsRoutes: FastifyPluginAsync = async (app) => {
  giveScope(app, "public");
  app.addHook("onSend", async (_request, reply) => {
    reply.header("content-security-policy", DOCS_POLICY);
  });
  await app.register(swaggerUi, { routePrefix: "/docs", uiConfig: { deepLinking: false, validatorUrl: "" } });
};

const ERROR = (description: string) => ({
  description,
  content: { "application/json": { schema: { $ref: "Error#" } } },
});

/** A schema with what follows from the route itself: id, tag, scope, and the failures that any such route has. */
function describe(
  schema: FastifySchema | undefined,
  route: RouteOptions,
  anonymousScopes: readonly Scope[],
): FastifySchema {
  if (route.url.startsWith("/docs") || isFile(schema)) return { ...schema, hide: true };
  const { scope, orScope } = route.config ?? {};
  const isPublic = scope === undefined || scope === "public";
  const scopes = isPublic ? [] : [scope, ...(orScope === undefined ? [] : [orScope])];
  const { produces = ["application/json"], response = {} } = schema as {
    produces?: string[];
    response?: object;
  };
  const isAnonymous = !isPublic && anonymousScopes.includes(scope);
  const hasParams = schema?.params !== undefined;
  // Documents are taken as bytes: a route that has no schema for its body says of which type it is.
  const body = schema?.body ?? (schema?.consumes && {});
  const hasBody = body !== undefined;
  const failures = {
    ...((hasParams || hasBody || schema?.querystring !== undefined) && {
      400: ERROR("The request is not as the schema says"),
    }),
    ...(!isPublic && {
      401: ERROR("A valid API key or token is needed"),
      403: ERROR(`The key has not the scope ${scopes.join(" or ")}`),
      429: ERROR("Too many requests; see retry-after"),
    }),
    ...(hasParams && { 404: ERROR("There is no such thing") }),
    ...(hasBody && {
      413: ERROR("The body is too large"),
      415: ERROR("The body is of a type that is not read here"),
    }),
    ...(route.method !== "GET" && {
      409: ERROR("At odds with what is there"),
      422: ERROR("Well-formed, and cannot be done"),
    }),
    500: ERROR("An internal error"),
    503: ERROR("Something that this needs cannot be had now; the code says what"),
  };
  const content = Object.fromEntries(produces.map((type) => [type, { schema: {} }]));
  const hasSuccess = Object.keys(response).some((status) => /^[23]/.test(status));
  return {
    operationId: operationOf(route),
    tags: [tagOf(route.url)],
    security: [
      ...(isAnonymous ? [{}] : []),
      ...scopes.flatMap((one) => [{ bearer: [one] }, { header: [one] }]),
    ],
    ...schema,
    ...(hasBody && { body }),
    response: {
      ...(!hasSuccess && { 200: { description: "As it was signed or asked for", content } }),
      ...failures,
      ...response,
    },
  } as FastifySchema;
}

/** Files of pages have no schema, and are no part of the interface. */
function isFile(schema: FastifySchema | undefined): boolean {
  return schema === undefined;
}

/** `GET /v1/webhooks/:id/deliveries` is `getWebhooksIdDeliveries`, where a route does not say better. */
function operationOf({ method, url }: RouteOptions): string {
  const words = url.split(/[^A-Za-z0-9]+/).filter((word) => word !== "" && word !== "v1");
  const name = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
  return `${String(method).toLowerCase()}${name}`;
}

function tagOf(url: string): string {
  return /^\/v1\/([a-z-]+)/.exec(url)?.[1] ?? "operation";
}
