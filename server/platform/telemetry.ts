// What Prometheus reads. Every label has a small, closed set of values: route patterns, roles, states; never an id, an
// address or anything that a caller chose.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export type Telemetry = ReturnType<typeof createTelemetry>;

type Meter = { name: string; help: string /** One label at most, with few values. */; label?: string };

/** Pairs of a label's value and its number; the value of a meter without a label is "". */
type Readings = Iterable<readonly [value: string, number: number]>;

type GaugeOptions = Meter & { read: () => Readings | Promise<Readings> };

/** Of seconds. A checkout is promised 300 ms, so there is a bound at it. */
const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1, 2.5, 10];
/** An evaluation takes microseconds. */
const EVALUATION_SECONDS = [0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.05, 0.3];

/** A registry of its own for each server: several run in one process in tests. */
export function createTelemetry() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: "haggle_http_request_duration_seconds",
    help: "Requests by route pattern: their number, their errors by status, their duration.",
    labelNames: ["method", "route", "status"],
    buckets: REQUEST_SECONDS,
    registers: [registry],
  });
  const evaluations = new Histogram({
    name: "haggle_evaluation_duration_seconds",
    help: "Evaluations of carts on this server, by arm and outcome.",
    labelNames: ["arm", "outcome"],
    buckets: EVALUATION_SECONDS,
    registers: [registry],
  });
  const quotes = new Histogram({
    name: "haggle_quote_duration_seconds",
    help: "Quotes: their number, what became of them (ok, or a code), and how long they took until they were durable.",
    labelNames: ["result"],
    buckets: REQUEST_SECONDS,
    registers: [registry],
  });

  return {
    contentType: registry.contentType,
    render: (): Promise<string> => registry.metrics(),
    observeRequest(labels: { method: string; route: string; status: number }, seconds: number): void {
      requests.observe(labels, seconds);
    },
    observeEvaluation(labels: { arm: string; outcome: string }, seconds: number): void {
      evaluations.observe(labels, seconds);
    },
    observeQuote(labels: { result: string }, seconds: number): void {
      quotes.observe(labels, seconds);
    },
    counter({ name, help, label }: Meter): { add(value?: string, count?: number): void } {
      const labelNames = label === undefined ? [] : [label];
      const counter = new Counter({ name, help, labelNames, registers: [registry] });
      return {
        add: (value, count = 1) =>
          label === undefined ? counter.inc(count) : counter.inc({ [label]: value ?? "" }, count),
      };
    },
    /** Read when somebody looks. While `read` fails, as with a lost database, the gauge is left out. */
    gauge({ name, help, label, read }: GaugeOptions): void {
      const labelNames = label === undefined ? [] : [label];
      new Gauge({
        name,
        help,
        labelNames,
        registers: [registry],
        async collect() {
          this.reset();
          try {
            for (const [value, number] of await read()) {
              if (label === undefined) this.set(number);
              else this.set({ [label]: value }, number);
            }
          } catch {
            // One with a label is empty since the reset, one without is 0.
            if (label === undefined) this.remove();
          }
        },
      });
    },
  };
}
