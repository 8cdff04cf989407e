import { readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MEMORY_PAGES } from "@haggle/abi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTemporaryFolder, runCli } from "../support/cli.ts";

let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;
const haggle = (...args: string[]) => runCli(args, { cwd: folder.path });

beforeAll(async () => {
  folder = await createTemporaryFolder();
  await haggle("init", "shop");
  await haggle("keys", "new");
  await haggle("build", "shop", "--key", "author.sk", "--out", "out");
});
afterAll(() => folder.remove());

describe("keys new", () => {
  it("makes a pair that only its owner can read, and never overwrites one", async () => {
    const secret = await readFile(join(folder.path, "author.sk"));
    expect(secret).toHaveLength(65);
    expect((await stat(join(folder.path, "author.sk"))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder.path, "author.pk"))).toHaveLength(33);
    expect(await haggle("keys", "new")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^CLI_KEY_EXISTS /),
    });
    expect(await readFile(join(folder.path, "author.sk"))).toEqual(secret);
  });
});

describe("bundle", () => {
  it("inspect prints sections and rules without a key", async () => {
    const { code, out } = await haggle("bundle", "inspect", "out/bundle.wasm");
    expect(code).toBe(0);
    expect(out).toMatch(/\d+ +\d+ {2}custom signature\n/);
    expect(out).toMatch(/\d+ +\d+ {2}code\n/);
    expect(out).toContain("spend-and-save  rules/spend-and-save.rule.ts spendAndSave");
    expect(out).toContain("profile holds");
    const json = JSON.parse((await haggle("bundle", "inspect", "out/bundle.wasm", "--json")).out);
    expect(json).toMatchObject({
      ok: true,
      memoryPages: MEMORY_PAGES,
      metadata: { rules: [{ name: "spend-and-save" }] },
    });
    expect(out).toContain("\n1 rule, ");
    expect(out).not.toContain("unsigned");
    const bytes = await readFile(join(folder.path, "out", "bundle.wasm"));
    const [signature] = json.sections;
    const body = bytes.subarray(signature.offset + signature.size);
    await writeFile(join(folder.path, "unsigned.wasm"), Buffer.concat([bytes.subarray(0, 8), body]));
    const unsigned = await haggle("bundle", "inspect", "unsigned.wasm");
    expect(unsigned).toMatchObject({ code: 0, out: expect.stringMatching(/\nunsigned\n$/) });
  });

  it("verify takes the public key, the secret key, and no other", async () => {
    for (const key of ["author.pk", "author.sk"]) {
      const verified = await haggle("bundle", "verify", "out/bundle.wasm", "--key", key);
      expect(verified, key).toMatchObject({
        code: 0,
        err: "",
        out: expect.stringContaining("signature holds"),
      });
    }
    await haggle("keys", "new", "--out", "other");
    const refused = await haggle("bundle", "verify", "out/bundle.wasm", "--key", "other/author.pk");
    expect(refused).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringMatching(/^SIGNATURE_UNKNOWN_KEY /),
    });
    expect(await haggle("bundle", "verify", "out/bundle.wasm")).toMatchObject({ code: 2 });
  });

  it("tells what is wrong by code and offset", async () => {
    const bytes = await readFile(join(folder.path, "out", "bundle.wasm"));
    await writeFile(join(folder.path, "cut.wasm"), bytes.subarray(0, bytes.length - 40));
    const cut = await haggle("bundle", "inspect", "cut.wasm");
    expect(cut).toMatchObject({ code: 1, out: "" });
    expect(cut.err).toMatch(/^PROFILE_TRUNCATED .* at \d+/);

    const last = Buffer.from(bytes);
    last[last.length - 3]! ^= 1; // a letter of the metadata: the profile holds, the signature does not
    await writeFile(join(folder.path, "changed.wasm"), last);
    const changed = await haggle("bundle", "verify", "changed.wasm", "--key", "author.pk");
    expect(changed).toMatchObject({ code: 1, err: expect.stringMatching(/^(SIGNATURE|PROFILE)_/) });

    await haggle("build", "shop", "--debug", "--out", "debug");
    const debug = await haggle("bundle", "inspect", "debug/bundle.debug.wasm", "--json");
    expect(debug.code).toBe(1);
    expect(JSON.parse(debug.out)).toMatchObject({ ok: false, code: expect.stringMatching(/^PROFILE_/) });
  });
});

describe("files that are no bundle", () => {
  it("are refused by their size or kind, before they are read", async () => {
    await writeFile(join(folder.path, "large.wasm"), "");
    await truncate(join(folder.path, "large.wasm"), 2 ** 40); // takes no room on the disk
    const large = await haggle("bundle", "inspect", "large.wasm");
    expect(large).toMatchObject({ code: 1, out: "" });
    expect(large.err).toMatch(/^PROFILE_TOO_LARGE .*, got 1099511627776\n$/);
    const json = await haggle("bundle", "inspect", "large.wasm", "--json");
    expect(JSON.parse(json.out)).toMatchObject({ ok: false, code: "PROFILE_TOO_LARGE" });
    for (const args of [
      ["bundle", "inspect", "/dev/zero"],
      ["bundle", "inspect", "out"],
      ["bundle", "verify", "out/bundle.wasm", "--key", "large.wasm"],
      ["run", "/dev/zero"],
      ["run", "large.wasm"],
    ]) {
      const refused = await haggle(...args);
      expect(refused, args.join(" ")).toMatchObject({ code: 1, err: expect.stringMatching(/^CLI_FILE /) });
    }
  });
});
