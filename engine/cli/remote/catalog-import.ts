import { resolve } from "node:path";
import { HaggleError } from "@haggle/abi";
import { type Api, toRefusal } from "../api.ts";
import { openFile } from "../files.ts";
import { createProgress } from "../progress.ts";
import { counted, printable, shown, type Terminal } from "../terminal.ts";

/** As the server tells it; what is not used here is left out. */
type Import = {
  id: string;
  state: "reading" | "writing" | "done" | "refused" | "interrupted";
  rows: { read: number; written: number; unchanged: number; refused: number };
  errors: { line: number; field?: string; code: string; value?: unknown; message: string }[];
};

type Options = { type: string; mode: string; isDryRun: boolean; json: boolean };

const LINES = "application/x-ndjson";

/** Sends a file and tells what became of its rows. @returns the exit code */
export async function importCatalog(
  terminal: Terminal,
  server: Api,
  given: string,
  { type, mode, isDryRun, json }: Options,
): Promise<number> {
  const path = resolve(terminal.cwd, given);
  const { size, chunks } = await openFile(path);
  const progress = createProgress(terminal, size, "rows");
  const done = { count: 0, bytes: 0 };
  async function* read(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      done.bytes += chunk.length;
      yield chunk;
    }
  }
  let last: Import | undefined;
  try {
    const query = new URLSearchParams({ mode, dryRun: String(isDryRun) });
    const body = { chunks: read(), type };
    const request = { method: "POST", body, accept: LINES } as const;
    const response = await server.send(`/v1/catalog/imports?${query}`, request);
    for await (const line of linesOf(response)) {
      const said = JSON.parse(line) as Import | { error: unknown };
      if ("error" in said) throw toRefusal(said, response.status);
      last = said;
      done.count = last.rows.read;
      progress.update(done);
    }
  } catch (cause) {
    if (cause instanceof HaggleError || last === undefined) throw cause;
    throw lost(last, cause);
  } finally {
    progress.end();
  }
  if (last === undefined || last.state === "reading" || last.state === "writing") throw lost(last);
  if (json) terminal.out(JSON.stringify(last));
  else tell(terminal, shown(terminal, path), last, isDryRun);
  return last.state === "done" ? 0 : 1;
}

/** The server ended before it said how the import did. */
function lost(last: Import | undefined, cause?: unknown): HaggleError {
  const message = "The server went away; the import says what became of it: GET /v1/catalog/imports/";
  return new HaggleError("CLIENT_NETWORK", message, { at: last?.id ?? "", cause });
}

function tell(terminal: Terminal, file: string, { state, rows, errors }: Import, isDryRun: boolean): void {
  for (const { line, field, code, value, message } of errors) {
    const what = [field, value === undefined ? undefined : JSON.stringify(value)].filter(Boolean).join(" ");
    const text = what === "" ? message : `${what}: ${message}`;
    terminal.err(`${file}:${line} ${terminal.paint("red", code)} ${printable(text)}`);
  }
  const { read, written, unchanged, refused } = rows;
  if (state !== "done") {
    terminal.err(
      `${file}: ${refused} of ${counted(read, "row")} are wrong, nothing was put into the catalog`,
    );
    return;
  }
  const is = isDryRun ? "would be written" : "written";
  const wrong = refused === 0 ? "" : `, ${refused} refused`;
  terminal.out(`${file}: ${counted(read, "row")}, ${written} ${is}, ${unchanged} unchanged${wrong}`);
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body!) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
