import { expect, it } from "vitest";
import { type Down, judgePulls, type Promised, type Published, type Pull } from "../support/faults/pulls.ts";

// The referee of what readers pull, against logs of readers who were given what they must not be given.

const PUBLISHED: Published[] = [
  { release: "first", total: 31 },
  { release: "second", total: 36 },
];
const PROMISES: Promised[] = [{ at: 100, release: "second" }];
const DOWNS: Down[] = [{ from: 40, until: 60 }];

function judge(...pulls: Pull[]): string[] {
  return judgePulls(pulls, PUBLISHED, PROMISES, DOWNS);
}

function pull(askedAt: number, got: Pull["got"]): Pull {
  return { askedAt, endedAt: askedAt + 5, got };
}

const FIRST = { release: "first", total: 31 };
const SECOND = { release: "second", total: 36 };

it("has nothing against the one before and then the new one, nor against a server that is away", () => {
  expect(
    judge(pull(10, FIRST), pull(38, { code: "CLIENT_NETWORK" }), pull(70, FIRST), pull(101, SECOND)),
  ).toEqual([]);
});

it.each<[string, Pull[], string]>([
  ["the price of another", [pull(10, { release: "first", total: 36 })], "a reader came to 36 by first"],
  ["what nobody published", [pull(10, { release: "third", total: 31 })], "a reader came to 31 by third"],
  ["the one before, behind a promise", [pull(101, FIRST)], "a reader was given release 0 behind release 1"],
  [
    "the one before, behind a reader who had the new one",
    [pull(10, SECOND), pull(20, FIRST)],
    "a reader was given release 0 behind release 1",
  ],
  [
    "a refusal",
    [pull(10, FIRST), pull(50, { code: "DOCUMENT_BAD_JSON" })],
    "a reader came to DOCUMENT_BAD_JSON",
  ],
  [
    "no answer, though nothing was broken",
    [pull(10, FIRST), pull(70, { code: "CLIENT_NETWORK" })],
    "a reader came to CLIENT_NETWORK",
  ],
  ["nothing at all", [pull(50, { code: "CLIENT_NETWORK" })], "nobody pulled anything"],
])("sees %s", (_name, pulls, wrong) => {
  expect(judge(...pulls)).toEqual([wrong]);
});
