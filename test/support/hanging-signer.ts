import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodePublicKey } from "@haggle/sdk/sign";
import { testSigner } from "./release.ts";
import { removeFolder } from "./remove-folder.ts";

// A key service as a program of its own, that loses what one document asks of it, and signs all others.

/** Hangs over what has the text of the file `hang`, and says so, until that file is gone. */
const program = (pkcs8: string) => `import { createPrivateKey, sign } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
const at = (name) => import.meta.dirname + "/" + name;
const key = createPrivateKey({ key: Buffer.from("${pkcs8}", "hex"), format: "der", type: "pkcs8" });
const message = readFileSync(0);
const answer = () => {
  if (hangs && existsSync(at("hang"))) setTimeout(answer, 20);
  else process.stdout.write(sign(null, message, key));
};
const hangs = existsSync(at("hang")) && message.includes(readFileSync(at("hang")));
if (hangs) writeFileSync(at("hangs"), "");
answer();
`;

/** Of the key of `testSigner(number)`. */
export async function createHangingSigner(number: number) {
  const folder = await mkdtemp(join(tmpdir(), "haggle-hanging-"));
  const seed = Buffer.alloc(32, number).toString("hex");
  await writeFile(join(folder, "sign.mjs"), program(`302e020100300506032b657004220420${seed}`));
  const publicKey = join(folder, "online.pk");
  await writeFile(publicKey, encodePublicKey((await testSigner(number)).publicKey));
  return {
    /** Settings of a server that has the key of a role from here. */
    env: (role: "CHANNEL" | "PRICES") => ({
      [`HAGGLE_${role}_KEY`]: `command:"${process.execPath}" "${join(folder, "sign.mjs")}"`,
      [`HAGGLE_${role}_PUBLIC`]: publicKey,
    }),
    hangOver: (text: string) => writeFile(join(folder, "hang"), text),
    /** Whether it has been asked to sign such a text. */
    hangs: () => stat(join(folder, "hangs")).catch(() => undefined),
    letGo: () => rm(join(folder, "hang"), { force: true }),
    remove: () => removeFolder(folder),
  };
}
