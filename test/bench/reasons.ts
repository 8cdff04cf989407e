// Why a goal is missed, in a sentence or two. BENCHMARKS.md shows it beside the figure.

import type { Row } from "./row.ts";

type Reason = { bench: string; case?: RegExp; subject?: RegExp; text: string };

const REASONS: readonly Reason[] = [
  {
    bench: "evaluate",
    subject: /^haggle$/,
    text: "By its profile a third of the time are the rules', a quarter checks 170 shares and makes their objects (decision 22), an eighth encodes the cart, a twelfth copies the answer out of the module's memory. At the edge: 0.44 to 0.59 in eleven runs.",
  },
  {
    bench: "evaluate",
    subject: /^extism$/,
    text: "It runs our own compiled rules, with our encoder and our decoder, so that a part of its time is ours too: what differs is its host's block of bytes.",
  },
  {
    bench: "evaluate",
    subject: /^(json-rules-engine|zen-engine|quickjs)$/,
    text: "The goal was set when an evaluation had no phases, groups, units and no checked answer, and took half as long; and Node 24 runs this rival faster than Node 20 did.",
  },
  {
    bench: "cold",
    text: "The first WebCrypto call of a process alone takes longer than compiling and instantiating; the rest is the profile check, which an interpreter runs that has not seen it before (decision 18).",
  },
  {
    bench: "sdk",
    case: /^cold/,
    text: "The browser compiles a function when it is first called, so that the bound is ready within a millisecond, while verification reads every byte in an interpreter that has not seen its code before (decision 18).",
  },
  {
    bench: "size",
    subject: /core$/,
    text: "What is left is checks, the digest and the encoder, each listed with its bytes in decision 18.",
  },
  {
    bench: "size",
    subject: /client/,
    text: "It holds the core; roots, floors, stores and streams are 6 kB more, tabs, units and quotes 7 (decision 18).",
  },
  {
    bench: "inventory",
    case: /^1 line/,
    text: "Reservation, level and event are three rows of some 14 us each; with the locks alone, and nothing written, it would be 12 to 13 (decision 57).",
  },
  {
    bench: "rollout",
    case: /publish/,
    text: "A publish is four ways to the database and one more behind a commit that is on disk, and the server, then the client, verifies two signatures and makes an engine; the bound only carries a line of text (decisions 35, 54).",
  },
  {
    bench: "rollout",
    case: /kill/,
    text: "A kill is a transaction with its audit entry and a signature, and each client verifies the new document before it counts: 0.18 ms, of which Ed25519 is 0.11; the bound only carries the same bytes, which cost a listener 0.01.",
  },
  {
    bench: "experiments",
    case: /OFREP/i,
    text: "Access, rate limits, metrics, tracing and validation are some per cent each of a request that only looks up a flag. At the edge: 0.61 to 0.64 in five runs.",
  },
];

export function findReason({ bench, case: name, subject }: Row): string | undefined {
  return REASONS.find(
    (reason) =>
      reason.bench === bench && (reason.case?.test(name) ?? true) && (reason.subject?.test(subject) ?? true),
  )?.text;
}
