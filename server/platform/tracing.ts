// Traces by OpenTelemetry, loaded only where an exporter's address is set. Log lines carry the ids of the trace in either case:
// of the span when there is one, of the caller's `traceparent` when there is none.

import type { HttpServer } from "./http.ts";

export type Tracing = {
  /** To be called before the routes are registered. */
  observe(server: HttpServer): Promise<void>;
  /** Sends what is left, as far as the collector takes it in time. Never rejects. */
  stop(): Promise<void>;
};

/** The library waits ten seconds for a collector that does not answer, which is all that a drain has. */
const STOP_MS = 2_000;

/**
 * Sends spans of requests to the OTLP endpoint, as `OTEL_EXPORTER_OTLP_ENDPOINT` names it: spans go to `/v1/traces` there.
 * Other `OTEL_*` variables are read by the library: headers, sampling, limits.
 */
export async function startTracing({
  endpoint,
  service,
}: {
  endpoint: string;
  service: string;
}): Promise<Tracing> {
  const [
    { FastifyOtelInstrumentation },
    { BatchSpanProcessor, NodeTracerProvider },
    { OTLPTraceExporter },
    { resourceFromAttributes },
    api,
  ] = await Promise.all([
    import("@fastify/otel"),
    import("@opentelemetry/sdk-trace-node"),
    import("@opentelemetry/exporter-trace-otlp-http"),
    import("@opentelemetry/resources"),
    import("@opentelemetry/api"),
  ]);
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, "")}/v1/traces` });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ "service.name": service }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  provider.register();
  const instrumentation = new FastifyOtelInstrumentation();
  instrumentation.setTracerProvider(provider);
  return {
    async observe(server) {
      await server.register(instrumentation.plugin());
      server.addHook("onRequest", async (request, reply) => {
        const span = request.opentelemetry().span?.spanContext();
        if (span === undefined) return;
        request.log = request.log.child({ trace_id: span.traceId, span_id: span.spanId });
        reply.log = request.log;
      });
    },
    async stop() {
      const sent = provider.shutdown().catch(() => {});
      const { promise: late, resolve: giveUp } = Promise.withResolvers<void>();
      const timer = setTimeout(giveUp, STOP_MS);
      await Promise.race([sent, late]);
      clearTimeout(timer);
      api.trace.disable();
      api.context.disable();
      api.propagation.disable();
    },
  };
}

/** Of a W3C `traceparent` header of version 00. */
export function readTraceParent(
  header: string | string[] | undefined,
): { trace_id: string; span_id: string } | undefined {
  const match = typeof header === "string" ? TRACE_PARENT.exec(header) : null;
  return match === null ? undefined : { trace_id: match[1]!, span_id: match[2]! };
}

/** All zeroes is no id. */
const TRACE_PARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}$/;
