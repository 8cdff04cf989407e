// `npm run sbom`: a bill of materials of everything that `npm ci` installs, from the lockfile alone, by npm's own
// `npm sbom`. Two runs on one lockfile give the same bytes, so that a change of it is a change of what is in use.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const OUT = join(ROOT, "dist", "haggle.cdx.json");
/** A whole lockfile's worth; npm's answer has about half a megabyte. */
const MAX_BYTES = 64 * 1024 * 1024;

type Bom = {
  serialNumber: string;
  metadata: { timestamp?: string; component: { name: string } };
  components: { purl: string; version: string; name: string }[];
};

const json = execFileSync("npm", ["sbom", "--package-lock-only", "--sbom-format", "cyclonedx"], {
  cwd: ROOT,
  maxBuffer: MAX_BYTES,
  encoding: "utf8",
  shell: process.platform === "win32",
});
const bom: Bom = JSON.parse(json);
const { name }: { name: string } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
// npm takes the name from the folder, the time from the clock and the number from chance.
bom.metadata.component.name = name;
delete bom.metadata.timestamp;
bom.serialNumber = `urn:uuid:${uuidOf(readFileSync(join(ROOT, "package-lock.json")))}`;

mkdirSync(dirname(OUT), { recursive: true });
writeFileSync(OUT, `${JSON.stringify(bom, null, 2)}\n`);
console.log(`${relative(process.cwd(), OUT)}: ${bom.components.length} packages, CycloneDX`);

/** A UUID of version 8 (RFC 9562: bits of one's own) from the digest of the lockfile. */
function uuidOf(lockfile: Uint8Array): string {
  const bytes = createHash("sha256").update(lockfile).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
