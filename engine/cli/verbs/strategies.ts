// `haggle strategies`: the file that says which pricing rule prices which skus, here and at a server.

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { HaggleError, strategyVersionOf } from "@haggle/abi";
import { stampStrategies } from "@haggle/sdk/pricing";
import type { Diagnostic } from "@haggle/toolchain";
import { API_FLAGS, API_HELP, type Api, openApi } from "../api.ts";
import { buildTime } from "../arguments.ts";
import { getFile, writeAtomically } from "../files.ts";
import type { Verb } from "../main.ts";
import { counted, printable, showDiagnostic, type Terminal, usageError } from "../terminal.ts";

const FLAGS = {
  ...API_FLAGS,
  project: { type: "string" },
  from: { type: "string" },
  pin: { type: "boolean" },
  reason: { type: "string" },
  json: { type: "boolean" },
} as const;

type Values = ReturnType<typeof parse>["values"];

type Fault = Pick<Diagnostic, "severity" | "code" | "message" | "hint" | "line" | "column">;

type Overview = {
  active?: string;
  pinned: boolean;
  waiting?: string;
  withdrawn: { channel: string; strategy: string }[];
  refused?: { version?: string; faults: Fault[] };
  versions: { version: string; strategies: number; by: string; createdAt: number; activatedAt?: number }[];
};

type Difference = {
  from: string;
  to: string;
  added: string[];
  removed: string[];
  changed: { id: string; field: string; before?: unknown; after?: unknown }[];
  moved: string[];
};

/** What the server waits for before it does it: a second person has to say yes. */
type Moved = { active?: string; approval?: string };

export const strategies: Verb = {
  usage: `Usage: haggle strategies check FILE [--project DIR | --url URL]
       haggle strategies stamp FILE
       haggle strategies put FILE
       haggle strategies list
       haggle strategies diff VERSION [--from VERSION]
       haggle strategies pin|unpin [--reason TEXT]
       haggle strategies rollback [VERSION] [--pin] [--reason TEXT]

A file of strategies says which pricing rule prices which skus, and is in force when it is saved where a server looks, or
sent. Each change of it has a version of its own, in its first line and in its last one.

check     everything that is wrong with a file: for the rules of a project, or with --url for what is live at a server.
stamp     writes a version of today into both places; what was not changed since keeps its own.
put       sends a file to a server, where it is in force at once.
list      what is in force, why the file in the server's folder is not, and the versions of before.
diff      what a version changes, by strategy and field; from what is in force when --from is left out.
pin       keeps what is in force, whatever files say; unpin follows them again, and takes what came meanwhile.
rollback  brings a version back that was in force, the one before when left out; --pin keeps it.

  --project DIR    the current folder when left out
  --reason TEXT    why, for the audit log
${API_HELP}
  --json           prints what the server answers`,

  async run(args, terminal) {
    const { values, positionals } = parse(args);
    const [action, given, ...more] = positionals;
    if (more.length > 0) throw usageError(`strategies ${action} takes one argument`, more[0]);
    switch (action) {
      case "check":
        return check(terminal, need(given, "a file"), values);
      case "stamp":
        return stamp(terminal, need(given, "a file"));
      case "put":
        return put(terminal, await openApi(terminal, values), need(given, "a file"), values);
      case "list":
        return list(terminal, await openApi(terminal, values), values);
      case "diff":
        return diff(terminal, await openApi(terminal, values), need(given, "a version"), values);
      case "pin":
      case "unpin":
      case "rollback":
        return move(terminal, await openApi(terminal, values), action, given, values);
      default:
        throw usageError("strategies check, stamp, put, list, diff, pin, unpin or rollback", action);
    }
  },
};

function parse(args: string[]) {
  return parseArgs({ args, allowPositionals: true, options: FLAGS });
}

function need(given: string | undefined, what: string): string {
  if (given === undefined) throw usageError(`This needs ${what}`);
  return given;
}

async function check(terminal: Terminal, given: string, values: Values): Promise<number> {
  const path = resolve(terminal.cwd, given);
  const text = new TextDecoder().decode(await getFile(path));
  const faults = values.url === undefined ? await checkHere() : await checkThere();
  const errors = faults.filter(({ severity }) => severity === "error").length;
  if (values.json) terminal.out(JSON.stringify({ ok: errors === 0, faults }));
  else for (const fault of faults) showDiagnostic(terminal, terminal.cwd, { ...fault, ...END, file: path });
  if (errors > 0) return 1;
  if (!values.json) terminal.out(`${strategyVersionOf(text)} is right`);
  return 0;

  async function checkHere(): Promise<Fault[]> {
    const { checkForProject } = await import("../check-strategies.ts"); // which loads the compiler
    return checkForProject(resolve(terminal.cwd, values.project ?? "."), path, text);
  }

  async function checkThere(): Promise<Fault[]> {
    const server = await openApi(terminal, values);
    const response = await server.send("/v1/strategies/check", { method: "POST", body: { yaml: text } });
    return ((await response.json()) as { faults: Fault[] }).faults;
  }
}

/** Nobody shows where a fault ends. */
const END = { endLine: 0, endColumn: 0 };

async function stamp(terminal: Terminal, given: string): Promise<number> {
  const path = resolve(terminal.cwd, given);
  const before = new TextDecoder().decode(await getFile(path));
  const { text, version } = await stampStrategies(before, buildTime(terminal));
  if (text !== before) await writeAtomically(path, text);
  terminal.out(version);
  return 0;
}

async function put(terminal: Terminal, server: Api, given: string, values: Values): Promise<number> {
  const text = new TextDecoder().decode(await getFile(resolve(terminal.cwd, given)));
  const version = strategyVersionOf(text);
  if (version === undefined) {
    throw new HaggleError("STRATEGY_BAD_FIELD", "The file has no version; see haggle strategies stamp", {
      at: "version",
    });
  }
  const path = `/v1/strategies/${encodeURIComponent(version)}`;
  const response = await server.send(path, { method: "PUT", body: { yaml: text } });
  const answer = (await response.json()) as { state: string; approval?: string };
  if (values.json) terminal.out(JSON.stringify(answer));
  else if (answer.approval !== undefined) tellWaiting(terminal, answer.approval);
  else
    terminal.out(
      answer.state === "active" ? `${version} is in force` : `${version} waits: another one is pinned`,
    );
  return 0;
}

async function list(terminal: Terminal, server: Api, values: Values): Promise<number> {
  const overview = (await server.ask("GET", "/v1/strategies")) as Overview;
  if (values.json) {
    terminal.out(JSON.stringify(overview));
    return 0;
  }
  const { active, pinned, waiting, withdrawn, refused, versions } = overview;
  terminal.out(
    active === undefined ? "nothing is in force" : `${active} is in force${pinned ? ", pinned" : ""}`,
  );
  if (waiting !== undefined) terminal.out(`${waiting} waits until it is not pinned any more`);
  for (const { channel, strategy } of withdrawn) {
    terminal.out(
      printable(`${strategy} prices nothing on ${channel}: its release has no such rule, or it is off`),
    );
  }
  if (refused !== undefined)
    terminal.out(printable(`the file ${refused.version ?? ""} in the server's folder is refused:`));
  for (const { line, column, code, message } of refused?.faults ?? []) {
    terminal.out(`  ${line}:${column} ${code} ${printable(message)}`);
  }
  for (const { version, strategies: count, by, createdAt } of versions) {
    const time = new Date(createdAt).toISOString();
    terminal.out(
      `${version === active ? "*" : " "} ${version}  ${time}  ${counted(count, "strategy").replace("strategys", "strategies")}  ${printable(by)}`,
    );
  }
  return 0;
}

async function diff(terminal: Terminal, server: Api, version: string, values: Values): Promise<number> {
  const query = values.from === undefined ? "" : `?${new URLSearchParams({ from: values.from })}`;
  const answer = (await server.ask(
    "GET",
    `/v1/strategies/${encodeURIComponent(version)}/diff${query}`,
  )) as Difference;
  if (values.json) {
    terminal.out(JSON.stringify(answer));
    return 0;
  }
  const { from, to, added, removed, changed, moved } = answer;
  terminal.out(`${from} -> ${to}`);
  for (const id of added) terminal.out(terminal.paint("green", `+ ${id}`));
  for (const id of removed) terminal.out(terminal.paint("red", `- ${id}`));
  for (const { id, field, before, after } of changed) {
    terminal.out(printable(`  ${id} ${field}: ${spell(before)} -> ${spell(after)}`));
  }
  for (const id of moved) terminal.out(`  ${id} stands elsewhere`);
  return 0;
}

function spell(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}

async function move(
  terminal: Terminal,
  server: Api,
  action: "pin" | "unpin" | "rollback",
  version: string | undefined,
  values: Values,
): Promise<number> {
  if (action !== "rollback" && version !== undefined)
    throw usageError(`strategies ${action} takes no version`, version);
  const body = {
    ...(version !== undefined && { version }),
    ...(values.pin && { pin: true }),
    ...(values.reason !== undefined && { reason: values.reason }),
  };
  const answer = (await server.ask("POST", `/v1/strategies/${action}`, body)) as Moved;
  if (values.json) terminal.out(JSON.stringify(answer));
  else if (answer.approval !== undefined) tellWaiting(terminal, answer.approval);
  else terminal.out(`${answer.active} is in force${action === "pin" || values.pin ? ", pinned" : ""}`);
  return 0;
}

function tellWaiting(terminal: Terminal, approval: string): void {
  terminal.out(`waits for a second person: approval ${approval}`);
}
