import { describe, expect, it } from "vitest";
import { ofrepCheckers } from "../support/ofrep-schemas.ts";

// The protocol's schemas themselves: what all other tests of flags hold answers against takes what OFREP 0.3.0 takes, and refuses
// what it refuses. The answers are those of the document's own examples, and each with one thing wrong.

const check = ofrepCheckers();
const FLAG = { key: "discount-banner", value: true, reason: "TARGETING_MATCH", variant: "enabled" };
const STREAM = { type: "sse", url: "https://sse.example.com/event-stream?channels=env_abc123_v1" };
const ENDPOINT = { origin: "https://sse.example.com", requestUri: "/event-stream" };

describe("OFREP's schemas", () => {
  it.each<[string, object]>([
    ["serverEvaluationSuccess", FLAG],
    ["serverEvaluationSuccess", { ...FLAG, value: "blue", metadata: { version: 7, team: "a", on: true } }],
    ["serverEvaluationSuccess", { ...FLAG, value: 7 }],
    ["serverEvaluationSuccess", { ...FLAG, value: 7.5 }],
    ["serverEvaluationSuccess", { ...FLAG, value: { color: "blue" } }],
    ["serverEvaluationSuccess", { key: "by-the-code", reason: "DISABLED" }],
    ["evaluationFailure", { key: "a", errorCode: "INVALID_CONTEXT", metadata: { version: 7 } }],
    ["flagNotFound", { key: "a", errorCode: "FLAG_NOT_FOUND", errorDetails: "none" }],
    [
      "bulkEvaluationSuccess",
      { flags: [FLAG, { key: "a", errorCode: "GENERAL" }], metadata: { version: "1" } },
    ],
    ["bulkEvaluationSuccess", { flags: [], eventStreams: [{ ...STREAM, inactivityDelaySec: 120 }] }],
    ["bulkEvaluationSuccess", { flags: [], eventStreams: [{ type: "sse", endpoint: ENDPOINT }] }],
    ["bulkEvaluationFailure", { errorCode: "INVALID_CONTEXT" }],
    ["generalErrorResponse", { errorDetails: "later" }],
    ["sseEvent", { event: "message", id: "evt-1234", retry: 0, data: "{}" }],
    ["sseEventData", { type: "refetchEvaluation", etag: "abc", lastModified: 1_771_622_898 }],
    ["sseEventData", { type: "refetchEvaluation", lastModified: "2026-02-20T21:28:18Z" }],
  ])("%s takes %j", (name, answer) => {
    expect(check(name, answer)).toBeUndefined();
  });

  it.each<[string, object]>([
    ["serverEvaluationSuccess", { ...FLAG, reason: "DEFAULT" }],
    ["serverEvaluationSuccess", { key: "a", value: true }],
    ["serverEvaluationSuccess", { value: true, reason: "STATIC" }],
    ["serverEvaluationSuccess", { ...FLAG, variant: 1 }],
    ["serverEvaluationSuccess", { ...FLAG, metadata: { nested: {} } }],
    ["evaluationFailure", { key: "a", errorCode: "FLAG_NOT_FOUND" }],
    ["evaluationFailure", { errorCode: "GENERAL" }],
    ["evaluationFailure", { key: "a", errorCode: "GENERAL", metadata: { nested: [] } }],
    ["flagNotFound", { key: "a", errorCode: "GENERAL" }],
    ["bulkEvaluationSuccess", { metadata: {} }],
    ["bulkEvaluationSuccess", { flags: [{ key: "a", errorCode: "FLAG_NOT_FOUND" }] }],
    ["bulkEvaluationSuccess", { flags: [], eventStreams: [{ type: "sse" }] }],
    ["bulkEvaluationSuccess", { flags: [], eventStreams: [{ ...STREAM, endpoint: ENDPOINT }] }],
    ["bulkEvaluationSuccess", { flags: [], eventStreams: [{ type: "sse", endpoint: { requestUri: "x" } }] }],
    ["bulkEvaluationSuccess", { flags: [], eventStreams: [{ ...STREAM, inactivityDelaySec: 0 }] }],
    ["bulkEvaluationFailure", { errorDetails: "wrong" }],
    ["generalErrorResponse", { errorDetails: 7 }],
    ["sseEvent", { event: "message" }],
    ["sseEvent", { data: "{}", retry: -1 }],
    ["sseEventData", { etag: "abc" }],
    ["sseEventData", { type: "refetchEvaluation", lastModified: "yesterday" }],
  ])("%s refuses %j", (name, answer) => {
    expect(check(name, answer)).toEqual(expect.any(String));
  });
});
