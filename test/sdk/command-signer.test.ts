import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandSigner, openSigner } from "@haggle/sdk/node";
import { encodePublicKey, encodeSecretKey, signerFromSeed } from "@haggle/sdk/sign";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { removeFolder } from "../support/remove-folder.ts";

const SEED = new Uint8Array(32).fill(9);
const own = await signerFromSeed(SEED);
const other = await signerFromSeed(new Uint8Array(32).fill(8));
const message = new TextEncoder().encode("what is signed");

/** Signs as a key service would: reads its input, answers in the spelling that it was started with. */
const PROGRAM = `
import { createPrivateKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
const [seed, spelling] = process.argv.slice(2);
const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.from(seed, "hex")]);
const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
const signature = sign(null, readFileSync(0), key);
process.stdout.write(spelling === "raw" ? signature : signature.toString(spelling) + "\\n");
`;

let folder: string;
const node = (spelling: string, seed = SEED) =>
  `"${process.execPath}" "${join(folder, "sign.mjs")}" ${Buffer.from(seed).toString("hex")} ${spelling}`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "haggle-signer-"));
  await writeFile(join(folder, "sign.mjs"), PROGRAM);
  await writeFile(join(folder, "own.pk"), encodePublicKey(own.publicKey));
  await writeFile(join(folder, "own.sk"), encodeSecretKey({ seed: SEED, publicKey: own.publicKey }));
});
afterAll(() => removeFolder(folder));

describe("a command that signs", () => {
  it.each(["raw", "hex", "base64"])("may answer in %s", async (spelling) => {
    const signer = await commandSigner({ command: node(spelling), publicKey: own.publicKey });
    expect(signer.publicKey).toEqual(own.publicKey);
    expect(await signer.sign(message)).toEqual(await own.sign(message));
  });

  it.each<[string, () => string]>([
    ["signs with another key", () => node("raw", new Uint8Array(32).fill(8))],
    ["signs something else", () => `printf other | ${node("raw")}`],
    ["answers nothing", () => "cat >/dev/null"],
    ["answers text", () => "cat >/dev/null; echo no"],
    ["answers too much", () => "cat /dev/zero"],
    ["answers a byte more", () => `${node("raw")}; echo`],
    ["fails", () => `${node("raw")}; exit 3`],
    ["is not there", () => "/no/such/signer-program 2>/dev/null"],
    ["never reads its input", () => "exec <&-; exit 1"],
  ])("is refused when it %s, and not shown", async (_, command) => {
    const signer = await commandSigner({ command: command(), publicKey: own.publicKey });
    const refused = await signer.sign(new Uint8Array(1_000_000)).catch((error) => error);
    expect(refused).toMatchObject({ code: "SIGNATURE_BAD_SIGNER" });
    expect(refused.message).not.toContain(Buffer.from(SEED).toString("hex").slice(0, 8));
    expect(refused.message).not.toContain("signer-program");
  });

  it("is ended with all that it started when it does not answer", async () => {
    const pidFile = join(folder, "pid");
    const command = `(sleep 600 & echo $$ > "${pidFile}"; echo $! >> "${pidFile}"; wait) | cat`;
    const signer = await commandSigner({ command, publicKey: own.publicKey, timeoutMs: 3_000 });
    await expect(signer.sign(message)).rejects.toMatchObject({ code: "SIGNATURE_BAD_SIGNER" });
    const pids = (await readFile(pidFile, "utf8")).trim().split("\n").map(Number);
    expect(pids).toHaveLength(2);
    await expect.poll(() => pids.some(isAlive)).toBe(false);
  });

  it.each([
    ["answers too much", "cat /dev/zero", 30_000],
    ["does not answer", "sleep 600", 50],
  ])("is refused when it %s and cannot be ended", async (_, command, timeoutMs) => {
    const kill = process.kill.bind(process);
    const spy = vi.spyOn(process, "kill").mockImplementation((pid, signal) => {
      kill(pid, signal); // nothing is left behind
      throw Object.assign(new Error("kill EPERM"), { code: "EPERM" });
    });
    try {
      const signer = await commandSigner({ command, publicKey: own.publicKey, timeoutMs });
      await expect(signer.sign(message)).rejects.toMatchObject({ code: "SIGNATURE_BAD_SIGNER" });
      expect(spy).toHaveBeenCalled();
    } finally {
      spy.mockRestore();
    }
  });

  it.runIf(process.platform !== "win32")("is refused when it cannot be started, at once", async () => {
    const program = join(folder, "exhausted.mjs");
    await writeFile(
      program,
      `import { openSync } from "node:fs";
       import { commandSigner } from "${import.meta.resolve("@haggle/sdk/node")}";
       const publicKey = Buffer.from(process.argv[2], "hex");
       const signer = await commandSigner({ command: "true", publicKey });
       try { for (;;) openSync("/dev/null"); } catch {}
       const error = await signer.sign(new Uint8Array(8)).catch((error) => error);
       // Without descriptors there is no standard output that can be opened either: the exit code answers.
       const isIdle = !process.getActiveResourcesInfo().includes("Timeout");
       process.exit(error.code === "SIGNATURE_BAD_SIGNER" ? (isIdle ? 0 : 3) : 2);`,
    );
    const publicKey = Buffer.from(own.publicKey).toString("hex");
    const command = `ulimit -n 64; exec "${process.execPath}" --conditions=haggle-source "${program}" ${publicKey}`;
    const { status, stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  it("has what it writes on its standard error told line by line, up to a length", async () => {
    const lines: string[] = [];
    const onStderr = (line: string) => lines.push(line);
    const says = `(echo first; echo; printf 'no end') >&2; ${node("raw")}`;
    const spec = { publicKey: own.publicKey, onStderr };
    await (await commandSigner({ ...spec, command: says })).sign(message);
    expect(lines).toEqual(["first", "no end"]);

    lines.length = 0;
    const floods = `head -c 1000000 /dev/zero | tr '\\0' x >&2; ${node("raw")}`;
    await (await commandSigner({ ...spec, command: floods })).sign(message);
    expect(lines).toEqual(["x".repeat(4096)]);
  });

  it("needs a public key that is one", async () => {
    const bad = commandSigner({ command: "true", publicKey: new Uint8Array(32) });
    await expect(bad).rejects.toMatchObject({ code: "SIGNATURE_BAD_KEY" });
  });
});

describe("the name of a signer", () => {
  it("is a path, file:PATH, or a command with a public key", async () => {
    const path = join(folder, "own.sk");
    const publicKey = join(folder, "own.pk");
    for (const spec of [path, `file:${path}`, `command:${node("hex")}`]) {
      const signer = await openSigner(spec, { publicKey });
      expect(await signer.sign(message)).toEqual(await own.sign(message));
    }
  });

  it("is refused when it is no key, or has no public key", async () => {
    await expect(openSigner("command:true")).rejects.toMatchObject({ code: "CLI_USAGE" });
    await expect(openSigner(join(folder, "none"))).rejects.toMatchObject({ code: "CLI_FILE" });
    await expect(openSigner(`file:${join(folder, "own.pk")}`)).rejects.toMatchObject({ code: "CLI_BAD_KEY" });
  });

  it("does not let one key pass for another", async () => {
    await writeFile(join(folder, "other.pk"), encodePublicKey(other.publicKey));
    const signer = await openSigner(`command:${node("raw")}`, { publicKey: join(folder, "other.pk") });
    await expect(signer.sign(message)).rejects.toMatchObject({ code: "SIGNATURE_BAD_SIGNER" });
  });
});

/** What nobody has reaped yet is a name, not a process. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return /^[^Z\s]/.test(stdout.trim());
}
