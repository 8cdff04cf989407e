#!/usr/bin/env node
// The `haggle` command: finds the verb, runs it, turns failures into lines and exit codes. 0 done, 1 refused, 2 misused.

import { readFileSync } from "node:fs";
import module from "node:module";
import { HaggleError } from "@haggle/abi";
import { refusalOf } from "./files.ts";
import { keptFolder } from "./kept-folder.ts";
import { createPaint, showError, type Terminal } from "./terminal.ts";

/** A verb gets its own arguments and answers with the exit code. */
export type Verb = {
  usage: string;
  /** Of its actions, by name: what `haggle VERB ACTION --help` says. */
  pages?: Readonly<Record<string, string>>;
  run(args: string[], terminal: Terminal): Promise<number>;
};

/** Loaded when asked for: the compiler alone takes half a second. */
const VERBS: Record<string, { summary: string; load: () => Promise<Verb> }> = {
  init: { summary: "make a project", load: async () => (await import("./verbs/init.ts")).init },
  dev: {
    summary: "watch, rebuild and write a release folder",
    load: async () => (await import("./verbs/dev.ts")).dev,
  },
  build: {
    summary: "compile, meter, check and sign",
    load: async () => (await import("./verbs/build.ts")).build,
  },
  run: { summary: "price a cart", load: async () => (await import("./verbs/run.ts")).run },
  test: {
    summary: "run the cases beside the rules",
    load: async () => (await import("./verbs/test.ts")).test,
  },
  schema: {
    summary: "print the JSON schema of promotion files",
    load: async () => (await import("./verbs/schema.ts")).schema,
  },
  docs: {
    summary: "write a page for each rule",
    load: async () => (await import("./verbs/docs.ts")).docs,
  },
  check: {
    summary: "find promotions that never apply or give too much",
    load: async () => (await import("./verbs/check.ts")).check,
  },
  bundle: {
    summary: "inspect or verify a bundle",
    load: async () => (await import("./verbs/bundle.ts")).bundle,
  },
  import: {
    summary: "turn promotions of another product into data",
    load: async () => (await import("./verbs/import.ts")).importVerb,
  },
  carts: {
    summary: "make up carts for a replay",
    load: async () => (await import("./verbs/carts.ts")).carts,
  },
  replay: {
    summary: "price recorded carts with two releases, and compare",
    load: async () => (await import("./verbs/replay.ts")).replay,
  },
  conformance: {
    summary: "price cases of the neutral vocabulary of promotions",
    load: async () => (await import("./verbs/conformance.ts")).conformance,
  },
  keys: {
    summary: "make, import, list and rotate keys, and the root that names them",
    load: async () => (await import("./verbs/keys.ts")).keys,
  },
  release: {
    summary: "draft, sign, inspect, verify and publish releases",
    load: async () => (await import("./verbs/release.ts")).release,
  },
  publish: {
    summary: "bring a signed release to a server",
    load: async () => (await import("./verbs/publish.ts")).publish,
  },
  rollout: {
    summary: "give a release to shoppers by steps, at a server",
    load: async () => (await import("./verbs/rollout.ts")).rollout,
  },
  experiment: {
    summary: "give shoppers variants, at a server",
    load: async () => (await import("./verbs/experiment.ts")).experiment,
  },
  catalog: {
    summary: "put a file of variants into the catalog of a server, or take one out",
    load: async () => (await import("./verbs/catalog.ts")).catalog,
  },
  strategies: {
    summary: "check, send, compare and bring back pricing strategies",
    load: async () => (await import("./verbs/strategies.ts")).strategies,
  },
  kill: {
    summary: "switch a promotion, a rule or a release off",
    load: async () => (await import("./verbs/kill.ts")).kill,
  },
  cdn: {
    summary: "audit a tree of releases from outside",
    load: async () => (await import("./verbs/cdn.ts")).cdn,
  },
  audit: {
    summary: "verify the audit log of a server",
    load: async () => (await import("./verbs/audit.ts")).audit,
  },
};

// asc and binaryen are 15 MB of JavaScript; their compiled form is kept between runs, in a folder of this person's own
// because what lies in it is executed. Node 20 does not have this.
module.enableCompileCache?.(keptFolder());

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const terminal = createTerminal();
  const [name, ...rest] = args;
  if (name === "--version" || name === "-v") {
    terminal.out(version());
    return 0;
  }
  if (name === "help" && rest.length > 0) return main([...rest, "--help"]);
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    terminal.out(help());
    return name === undefined ? 2 : 0;
  }
  try {
    const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
    if (verb === undefined) throw await unknown("verb", name, Object.keys(VERBS), "haggle --help");
    const { usage, pages = {}, run } = await verb.load();
    if (rest.includes("--help") || rest.includes("-h")) {
      const action = rest.find((word) => Object.hasOwn(pages, word));
      terminal.out(action === undefined ? usage : pages[action]!);
      return 0;
    }
    return await run(rest, terminal).catch(async (error: unknown) => {
      throw isMisused(error) ? await misuse(error, name, [usage, ...Object.values(pages)].join("\n")) : error;
    });
  } catch (error) {
    return fail(error, terminal);
  }
}

async function unknown(
  what: string,
  name: string,
  known: readonly string[],
  page: string,
): Promise<HaggleError> {
  const { nearestTo } = await import("@haggle/toolchain/vocabulary");
  const near = nearestTo(name, known);
  const meant = near === undefined ? "" : `perhaps ${near} is meant, `;
  return new HaggleError("CLI_USAGE", `No such ${what}; ${meant}see ${page}`, { value: name });
}

/** node:util's parseArgs has codes of its own for flags that it does not know. */
function isMisused(error: unknown): error is TypeError {
  return (
    error instanceof TypeError && String((error as NodeJS.ErrnoException).code).startsWith("ERR_PARSE_ARGS")
  );
}

/** Its sentences, but those that tell how to give an argument the look of a flag. */
async function misuse({ message }: TypeError, verb: string, usage: string): Promise<HaggleError> {
  const page = `haggle ${verb} --help`;
  const flag = /^Unknown option '(.+?)'/.exec(message)?.[1];
  if (flag !== undefined) return unknown("flag", flag, usage.match(/--?[a-z][a-z-]*/g) ?? [], page);
  const [first] = message.split("\n");
  return new HaggleError("CLI_USAGE", `${first!.replace(/\.$/, "")}; see ${page}`);
}

function fail(error: unknown, terminal: Terminal): number {
  const refusal = refusalOf(error);
  showError(terminal, refusal);
  return refusal.code === "CLI_USAGE" ? 2 : 1;
}

function createTerminal(): Terminal {
  // A reader that has seen enough (`| head`) is no failure: the verb goes on to its end, and says how it went by its code.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
  return {
    cwd: process.cwd(),
    env: process.env,
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    paint: createPaint(process.stdout.isTTY === true && process.stderr.isTTY === true, process.env),
    untilStopped() {
      const stop = new AbortController();
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
      // Nobody would hear the rest.
      process.stdout.once("error", () => stop.abort());
      return stop.signal;
    },
  };
}

function help(): string {
  const verbs = Object.entries(VERBS).map(([name, { summary }]) => `  ${name.padEnd(11)} ${summary}`);
  return [
    "haggle: promotion rules that a shop can sign, ship and prove",
    "",
    "Usage: haggle VERB [...]   (haggle VERB --help for one of them)",
    "",
    ...verbs,
    "",
    "HAGGLE_DATA             where this machine's keys and builds live; .haggle/ in the project when unset",
    "HAGGLE_URL, HAGGLE_KEY  the server that publish, rollout, catalog and their like talk to, and an API key of it",
    "HAGGLE_PASSPHRASE_FILE  the passphrase of encrypted keys; asked for on a terminal when unset",
    "NO_COLOR                no colours",
  ].join("\n");
}

function version(): string {
  const manifest = module.createRequire(import.meta.url).resolve("haggle-cli/package.json");
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}
