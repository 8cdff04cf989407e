// A signer that is somebody else's program: an HSM, a key service, an agent. The secret key never comes here.

import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { ED25519_SIGNATURE_BYTES, HaggleError } from "@haggle/abi";
import { importPublicKey } from "../keys.ts";
import type { Signer } from "../sign/signer.ts";

export type CommandSignerOptions = {
  /** For the shell. Gets the bytes to sign on its standard input. */
  command: string;
  /** 32 bytes. */
  publicKey: Uint8Array;
  timeoutMs?: number;
  /** Leaves the terminal to the command, which may ask its person for a PIN; else it runs in a session of its own. */
  interactive?: boolean;
  /** Gets what the command writes on its standard error, line by line; left out, that is this process's own. */
  onStderr?: ((line: string) => void) | undefined;
};

const TIMEOUT_MS = 30_000;
/** A signature takes 64 bytes, in hex with a line break 130. */
const MAX_OUTPUT_BYTES = 1024;
/** Of one signature. A command that writes on and on fills no log. */
const MAX_STDERR_CHARACTERS = 4096;

/**
 * A signer that runs a command for each signature. The command answers on its standard output with the 64 bytes, or
 * with their hex or base64 as text. What it answers is verified before anything is made of it.
 *
 * @throws HaggleError SIGNATURE_BAD_KEY. `sign` rejects with SIGNATURE_BAD_SIGNER when the command fails, is too slow,
 * or gives something else than this key's signature; messages do not show the command, which may hold a secret
 */
export async function commandSigner({
  command,
  publicKey,
  timeoutMs = TIMEOUT_MS,
  interactive = false,
  onStderr,
}: CommandSignerOptions): Promise<Signer> {
  const key = await importPublicKey(publicKey);
  return {
    publicKey: key.bytes,
    async sign(message) {
      const output = await run(command, message, { timeoutMs, interactive, onStderr, keyid: key.keyid });
      const signature = parseSignature(output);
      if (signature === undefined) throw badSigner("The signer's answer is no signature", key.keyid);
      if (await key.isSigner(signature, message)) return signature;
      throw badSigner("The signer signed with another key, or something else", key.keyid);
    },
  };
}

type RunOptions = Required<Pick<CommandSignerOptions, "timeoutMs" | "interactive">> &
  Pick<CommandSignerOptions, "onStderr"> & { keyid: string };

function run(command: string, input: Uint8Array, options: RunOptions): Promise<Buffer> {
  const { timeoutMs, interactive, onStderr, keyid } = options;
  // In a session of its own, so that whatever the shell started can be ended together with it.
  const ownGroup = !interactive && process.platform !== "win32";
  const child: ChildProcess = spawn(command, {
    shell: true,
    detached: ownGroup,
    stdio: ["pipe", "pipe", onStderr ? "pipe" : "inherit"],
  });
  // None is there when this process has no handle left for a pipe; "error" comes then.
  const { stdin, stdout, stderr } = child;
  if (onStderr && stderr) tell(stderr, onStderr);
  const end = () => (ownGroup ? endGroup(child.pid) : child.kill("SIGKILL"));
  return new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const fail = (message: string, cause?: unknown) => {
      clearTimeout(timer);
      end();
      // Else a grandchild that holds them open keeps this process waiting.
      stdout?.destroy();
      stderr?.destroy();
      reject(badSigner(message, keyid, cause));
    };
    const timer = setTimeout(() => fail(`The signer did not answer within ${timeoutMs} ms`), timeoutMs);
    child.on("error", (cause) => fail("The signer cannot be started", cause));
    // A command that does not read its input closes the pipe; what counts is what it answers.
    stdin?.on("error", () => {});
    stdin?.end(input);
    stdout?.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > MAX_OUTPUT_BYTES) fail("The signer answers at too great length");
      else chunks.push(chunk);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(Buffer.concat(chunks));
      else reject(badSigner(`The signer failed with ${signal ?? `exit code ${code}`}`, keyid));
    });
  });
}

/** Passes the lines of a stream on, up to `MAX_STDERR_CHARACTERS`; what comes after is read and dropped. */
function tell(stream: Readable, onLine: (line: string) => void): void {
  let length = 0;
  let rest = "";
  const say = (line: string) => {
    if (line.trim() !== "") onLine(line.trimEnd());
  };
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    const text = chunk.slice(0, MAX_STDERR_CHARACTERS - length);
    length += text.length;
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) say(line);
  });
  stream.on("close", () => say(rest));
}

/** The shell may have ended before what it started has. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // All of it has ended by itself in between (ESRCH), or became another user's (EPERM). Called by timers and streams,
    // where nobody would catch it, and what this signer answers is refused either way.
  }
}

function parseSignature(output: Buffer): Uint8Array | undefined {
  if (output.length === ED25519_SIGNATURE_BYTES) return new Uint8Array(output);
  const text = output.toString("latin1").trim();
  if (/^[0-9a-fA-F]{128}$/.test(text)) return new Uint8Array(Buffer.from(text, "hex"));
  if (/^[A-Za-z0-9+/]{86}==$/.test(text)) return new Uint8Array(Buffer.from(text, "base64"));
  return undefined;
}

function badSigner(message: string, keyid: string, cause?: unknown): HaggleError {
  return new HaggleError("SIGNATURE_BAD_SIGNER", message, { at: `key ${keyid}`, cause });
}
