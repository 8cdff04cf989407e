// `haggle experiment`: who is in which variant of what, at a server.

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { API_FLAGS, API_HELP, type Api, openApi } from "../api.ts";
import { getFile, getJson } from "../files.ts";
import type { Verb } from "../main.ts";
import { type Results, resultLines } from "../remote/experiment-results.ts";
import {
  details,
  type Experiment,
  headline,
  type Preview,
  previewLines,
  warningLine,
} from "../remote/experiment-text.ts";
import { type Terminal, usageError } from "../terminal.ts";
import { draftWinner } from "../trust/experiment-draft.ts";

const FLAGS = {
  ...API_FLAGS,
  channel: { type: "string" },
  confirm: { type: "boolean" },
  "new-phase": { type: "boolean" },
  out: { type: "string" },
  reason: { type: "string" },
  root: { type: "string" },
  units: { type: "string" },
  winner: { type: "string" },
  json: { type: "boolean" },
} as const;

type Values = ReturnType<typeof parse>["values"];

/** What the server waits for before it does it: a second person has to say yes. */
type Waiting = { approval: string };

type Answer = Experiment | (Waiting & Pick<Experiment, "warnings">);

const VERBS = ["start", "pause", "resume", "end"] as const;

export const experiment: Verb = {
  usage: `Usage: haggle experiment create FILE
       haggle experiment list [--channel NAME]
       haggle experiment show KEY
       haggle experiment preview KEY FILE [--new-phase] [--units FILE]
       haggle experiment change KEY FILE [--confirm | --new-phase] [--reason TEXT]
       haggle experiment start KEY [--units FILE] [--reason TEXT]
       haggle experiment pause|resume|end KEY [--reason TEXT]
       haggle experiment results KEY
       haggle experiment draft KEY [--winner VARIANT] [--out DIR] [--root FILE] [--reason TEXT]

Gives shoppers variants of promotions, or skus variants of strategies. The release, or the strategy, says what a variant
changes; the experiment says who is in it.

create    drafts what FILE says: JSON with channel, key, unit and variants, and what else the server takes.
change    says it anew, by a FILE without channel and key. Of a draft anything; of one that has begun what moves nobody.
preview   who would move by such a FILE. Changes nothing.
start     begins to assign, and warns of what is mostly a mistake. pause prices everybody as the control does; resume goes on
          with the same variants. end is for good.
results   what came of each variant, and how sure that is: intervals that hold at every look, and Bayesian ones (thick).
draft     ends it with a winner, and drafts the release in which everybody has that: for its authors to sign, cosign, verify and
          publish with haggle release. Over skus it drafts the strategies: for their authors to save, or haggle strategies put.

  --winner VARIANT that which stays; the one that was said before when left out
  --out DIR        where to write the draft; only tells of it when left out
  --root FILE      the root that the draft is held against; the server's own when left out
  --confirm        that units may move, and figures of before and after be of different people
  --new-phase      everybody is assigned anew, and counted from the beginning
  --units FILE     a unit to a line: whose variants are told, or a sample of those to come
  --channel NAME   of all when left out
  --reason TEXT    why, for the audit log
${API_HELP}
  --json           prints what the server answers`,

  async run(args, terminal) {
    const { values, positionals } = parse(args);
    const [action, ...given] = positionals;
    const verb = VERBS.find((one) => one === action);
    const server = await openApi(terminal, values);
    if (verb !== undefined) return act(terminal, server, verb, one(given, `experiment ${verb} KEY`), values);
    if (action === "create") return create(terminal, server, one(given, "experiment create FILE"), values);
    if (action === "show") return show(terminal, server, one(given, "experiment show KEY"), values);
    if (action === "results") return results(terminal, server, one(given, "experiment results KEY"), values);
    if (action === "draft") return draftWinner(terminal, server, one(given, "experiment draft KEY"), values);
    if (action === "list" && given.length === 0) return list(terminal, server, values);
    if (action === "preview")
      return preview(terminal, server, two(given, "experiment preview KEY FILE"), values);
    if (action === "change")
      return change(terminal, server, two(given, "experiment change KEY FILE"), values);
    throw usageError(
      "experiment create, list, show, preview, change, start, pause, resume, end, results or draft",
      action,
    );
  },
};

function parse(args: string[]) {
  return parseArgs({ args, allowPositionals: true, options: FLAGS });
}

function one([first, ...more]: string[], usage: string): string {
  if (first === undefined || more.length > 0) throw usageError(usage);
  return first;
}

function two([first, second, ...more]: string[], usage: string): [string, string] {
  if (first === undefined || second === undefined || more.length > 0) throw usageError(usage);
  return [first, second];
}

async function create(terminal: Terminal, server: Api, file: string, values: Values): Promise<number> {
  const body = await readObject(terminal, file);
  return tell(terminal, (await server.ask("POST", "/v1/experiments", body)) as Answer, values);
}

async function list(terminal: Terminal, server: Api, { channel, json }: Values): Promise<number> {
  const query = channel === undefined ? "" : `?channel=${encodeURIComponent(channel)}`;
  const answer = (await server.ask("GET", `/v1/experiments${query}`)) as { experiments: Experiment[] };
  if (json) terminal.out(JSON.stringify(answer.experiments));
  else for (const each of answer.experiments) terminal.out(headline(each));
  if (answer.experiments.length === 0 && !json) terminal.out("no experiment yet");
  return 0;
}

async function show(terminal: Terminal, server: Api, key: string, values: Values): Promise<number> {
  return tell(terminal, (await server.ask("GET", pathOf(key))) as Answer, values);
}

async function results(terminal: Terminal, server: Api, key: string, { json }: Values): Promise<number> {
  const answer = (await server.ask("GET", `${pathOf(key)}/results`)) as Results;
  if (json) terminal.out(JSON.stringify(answer));
  else for (const line of resultLines(answer)) terminal.out(line);
  return 0;
}

async function preview(
  terminal: Terminal,
  server: Api,
  [key, file]: [string, string],
  values: Values,
): Promise<number> {
  const body = {
    ...(await readObject(terminal, file)),
    ...(values["new-phase"] && { newPhase: true }),
    ...(await unitsOf(terminal, values)),
  };
  const answer = (await server.ask("POST", `${pathOf(key)}/preview`, body)) as Preview;
  if (values.json) terminal.out(JSON.stringify(answer));
  else for (const line of previewLines(answer)) terminal.out(line);
  return 0;
}

async function change(
  terminal: Terminal,
  server: Api,
  [key, file]: [string, string],
  values: Values,
): Promise<number> {
  const { confirm, "new-phase": newPhase, reason } = values;
  if (confirm && newPhase) throw usageError("--confirm or --new-phase, not both");
  const body = {
    ...(await readObject(terminal, file)),
    ...(confirm && { confirm: true }),
    ...(newPhase && { newPhase: true }),
    ...(reason !== undefined && { reason }),
  };
  return tell(terminal, (await server.ask("PUT", pathOf(key), body)) as Answer, values);
}

async function act(
  terminal: Terminal,
  server: Api,
  verb: (typeof VERBS)[number],
  key: string,
  values: Values,
): Promise<number> {
  const { reason } = values;
  const body = {
    ...(reason !== undefined && { reason }),
    ...(verb === "start" && (await unitsOf(terminal, values))),
  };
  return tell(terminal, (await server.ask("POST", `${pathOf(key)}/${verb}`, body)) as Answer, values);
}

function tell(terminal: Terminal, answer: Answer, { json }: Pick<Values, "json">): number {
  if (json) terminal.out(JSON.stringify(answer));
  else if ("approval" in answer) {
    terminal.out(`waits for a second person: approval ${answer.approval}`);
    for (const warning of answer.warnings ?? []) terminal.out(warningLine(warning));
  } else for (const line of [headline(answer), ...details(answer)]) terminal.out(line);
  return 0;
}

function pathOf(key: string): string {
  return `/v1/experiments/${encodeURIComponent(key)}`;
}

/** What is in it is for the server to check. */
async function readObject(terminal: Terminal, file: string): Promise<object> {
  const value: unknown = await getJson(resolve(terminal.cwd, file));
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw usageError("An experiment is a JSON object", file);
}

async function unitsOf(terminal: Terminal, { units }: Pick<Values, "units">): Promise<{ units?: string[] }> {
  if (units === undefined) return {};
  const text = new TextDecoder().decode(await getFile(resolve(terminal.cwd, units)));
  return { units: text.split(/\r?\n/).filter((line) => line !== "") };
}
