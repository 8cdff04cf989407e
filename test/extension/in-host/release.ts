import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { type InHostTest, readSetting, until } from "./in-host.ts";

// Connect, publish, give to a few, take back: what the commands do and what the view shows then. The questions that a
// person would be asked are answered by what the commands are given.

type Shown = {
  status: string;
  items: { id: string; label: string; children?: { label: string; description?: string }[] }[];
};

const CHANNEL = "stable";

export const tests: InHostTest[] = [
  {
    name: "a server is connected to, and its key kept out of the settings",
    async run() {
      const given = { url: readSetting("serverUrl"), key: readSetting("serverKey") };
      assert.equal(await vscode.commands.executeCommand("haggle.server.connect", given), true);
      const { status } = await until("the server's release", async () => {
        const shown = await look();
        return shown.status.includes("v1") && shown;
      });
      assert.equal(status, "$(rocket) stable · v1");
      const settings = vscode.workspace.getConfiguration("haggle");
      assert.equal(settings.get("server.url"), given.url);
      assert.ok(!JSON.stringify(settings).includes(given.key));
    },
  },
  {
    name: "a release is built, signed by the imported key and published, and the tree shows it",
    async run() {
      assert.ok(await vscode.commands.executeCommand("haggle.signing.importKey", readSetting("signingKey")));
      const published = await vscode.commands.executeCommand<{ version: number; sha256: string } | undefined>(
        "haggle.release.publish",
        { root: root(), confirmed: true },
      );
      assert.ok(published, "the release is published");
      assert.equal(published.version, 2);
      const releases = childrenOf(await look(), "releases");
      assert.equal(releases[0]!.label, "v2");
      const rules = childrenOf(await look(), "rules");
      const own = rules.find(({ label }) => label === "spend-and-save");
      assert.equal(own?.description, "published, on no channel");
    },
  },
  {
    name: "a canary of five percent shows in tree and status bar, and goes when it is rolled back",
    async run() {
      const target = { channel: CHANNEL, confirmed: true };
      const release = await newest();
      await vscode.commands.executeCommand("haggle.release.startCanary", { ...target, release, percent: 5 });
      const during = await look();
      assert.equal(during.status, "$(rocket) stable · v1 · canary 5 %");
      assert.equal(childrenOf(during, "channels")[0]!.description, "v1 95 % · v2 5 %");
      assert.match(childrenOf(during, "rollouts")[0]!.description!, /^running · 5 % · step 1 of 4$/);

      await vscode.commands.executeCommand("haggle.release.pause", target);
      assert.match((await look()).status, /canary 5 % · paused$/);
      await vscode.commands.executeCommand("haggle.release.resume", target);
      await vscode.commands.executeCommand("haggle.release.rollBack", {
        ...target,
        reason: "the test is over",
      });
      const after = await look();
      assert.equal(after.status, "$(rocket) stable · v1");
      assert.equal(childrenOf(after, "rollouts")[0]!.description, "rolled back");
    },
  },
  {
    name: "whoever asks while another look is under way is told what is there, and not what was",
    async run() {
      await vscode.commands.executeCommand("haggle.server.disconnect");
      const given = { url: readSetting("serverUrl"), key: readSetting("serverKey") };
      assert.equal(await vscode.commands.executeCommand("haggle.server.connect", given), true);
      const shown = await Promise.all([look(), look(), look()]);
      assert.deepEqual(
        shown.map(({ status }) => status),
        Array(3).fill("$(rocket) stable · v1"),
      );
    },
  },
  {
    name: "two releases are compared on recorded carts, and told as a page",
    async run() {
      const folder = vscode.workspace.workspaceFolders![0]!.uri;
      const recording = vscode.Uri.joinPath(folder, "recorded.ndjson");
      const cart = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, "carts", "example.json"));
      const line = JSON.stringify(JSON.parse(Buffer.from(cart).toString()));
      await vscode.workspace.fs.writeFile(recording, Buffer.from(`${line}\r\n{\n${line}\n`));
      try {
        const [release, other] = await releases();
        const report = await vscode.commands.executeCommand<vscode.Uri | undefined>(
          "haggle.release.compare",
          { release, other, recording },
        );
        assert.ok(report, "there is a page");
        const page = (await vscode.workspace.openTextDocument(report)).getText();
        assert.match(page, /^# What release v2 would have changed$/m);
        assert.match(page, /^3 recorded carts/m);
        assert.match(page, /^\| CLI\\_NOT\\_JSON \|/m);
      } finally {
        await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
        await vscode.workspace.fs.delete(recording);
      }
    },
  },
  {
    name: "a command of the machine signs in the place of the key",
    async run() {
      const folder = await mkdtemp(join(tmpdir(), "haggle-signer-"));
      const settings = vscode.workspace.getConfiguration("haggle.signing");
      const set = async (command?: string, publicKey?: string) => {
        await settings.update("command", command, vscode.ConfigurationTarget.Global);
        await settings.update("publicKey", publicKey, vscode.ConfigurationTarget.Global);
      };
      try {
        const { script, publicKey, asked } = await makeSigner(folder);
        await set(`"${process.execPath}" "${script}"`, publicKey);
        const published = await vscode.commands.executeCommand<{ version: number } | undefined>(
          "haggle.release.publish",
          { root: root(), confirmed: true },
        );
        assert.equal(published?.version, 3);
        assert.equal((await vscode.workspace.fs.readFile(vscode.Uri.file(asked))).length, 2, "asked twice");
      } finally {
        await set();
        await rm(folder, { recursive: true });
      }
    },
  },
  {
    name: "a release that is built lies beside the project as the command line's draft",
    async run() {
      const folder = await vscode.commands.executeCommand<vscode.Uri | undefined>("haggle.release.build", {
        root: root(),
        confirmed: true,
      });
      assert.ok(folder, "there is a draft");
      try {
        const files = (await vscode.workspace.fs.readDirectory(folder)).map(([name]) => name).sort();
        assert.deepEqual(files, ["bundle.wasm", "previous.json", "release.json", "root.json"]);
        // It may have the signatures of others by now.
        const again = await vscode.commands.executeCommand("haggle.release.build", {
          root: root(),
          confirmed: true,
        });
        assert.equal(again, undefined);
      } finally {
        await vscode.workspace.fs.delete(folder, { recursive: true });
      }
    },
  },
  {
    name: "a new project comes from the template",
    async run() {
      const folder = vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, "My Shop");
      try {
        assert.ok(await vscode.commands.executeCommand("haggle.newProject", folder));
        const manifest = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, "package.json"));
        assert.equal(JSON.parse(Buffer.from(manifest).toString()).name, "my-shop");
        await vscode.workspace.fs.stat(vscode.Uri.joinPath(folder, "rules", "spend-and-save.rule.ts"));
        await vscode.workspace.fs.stat(vscode.Uri.joinPath(folder, ".gitignore"));
        // It is in this workspace, so it opens.
        await until("the new rule in front", () =>
          vscode.window.activeTextEditor?.document.uri.path.endsWith("My Shop/rules/spend-and-save.rule.ts"),
        );
      } finally {
        await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
        await vscode.workspace.fs.delete(folder, { recursive: true });
      }
    },
  },
  {
    name: "who disconnects is asked for the key again",
    async run() {
      await vscode.commands.executeCommand("haggle.server.disconnect");
      assert.deepEqual((await look()).items, []);
    },
  },
];

/** The address of the project, as the language server spells it. */
function root(): string {
  return vscode.workspace.workspaceFolders![0]!.uri.toString();
}

function look(): Thenable<Shown> {
  return vscode.commands.executeCommand<Shown>("haggle.release.refresh");
}

async function newest(): Promise<string> {
  const [release] = await releases();
  return release!;
}

/** Their digests, the newest first. */
async function releases(): Promise<string[]> {
  const { items } = await look();
  const shown = items.find(({ id }) => id === "releases")!.children as { release?: string }[];
  return shown.map(({ release }) => release!);
}

/** A program that signs with the author's key, as an agent or a token would; `asked` has a letter for each time. */
async function makeSigner(folder: string): Promise<{ script: string; publicKey: string; asked: string }> {
  const file = Buffer.from(readSetting("signingKey"), "base64");
  // The secret key file is a byte that says what it is, the seed, and the public key.
  const seed = file.subarray(1, 33);
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const { x } = createPublicKey(key).export({ format: "jwk" });
  const [script, publicKey, asked] = ["sign.cjs", "author.pk", "asked"].map((name) => join(folder, name));
  await writeFile(publicKey!, Buffer.concat([Buffer.of(PUBLIC_KEY), Buffer.from(x!, "base64url")]));
  const pem = JSON.stringify(key.export({ format: "pem", type: "pkcs8" }));
  await writeFile(
    script!,
    `const { appendFileSync, readFileSync } = require("node:fs");
     appendFileSync(${JSON.stringify(asked)}, "x");
     const signature = require("node:crypto").sign(null, readFileSync(0), ${pem});
     process.stdout.write(signature.toString("hex"));`,
  );
  return { script: script!, publicKey: publicKey!, asked: asked! };
}

/** What the file of a public key begins with. */
const PUBLIC_KEY = 0x01;

function childrenOf({ items }: Shown, id: string): { label: string; description?: string }[] {
  const children = items.find((item) => item.id === id)?.children;
  assert.ok(children, `the tree has ${id}`);
  return children;
}
