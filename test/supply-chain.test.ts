import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

// What comes in by `npm ci`: pinned by digest, from nowhere in particular, and running nothing.

const REPO = join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(REPO, file), "utf8");

type Locked = {
  name?: string;
  version?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  hasInstallScript?: boolean;
};

const lock: { lockfileVersion: number; packages: Record<string, Locked> } = JSON.parse(
  read("package-lock.json"),
);
const manifest: { allowScripts: Record<string, boolean> } = JSON.parse(read("package.json"));
const installed = Object.entries(lock.packages).filter(
  ([path, { link }]) => path.includes("node_modules/") && !link,
);
const nameOf = ([path, { name }]: [string, Locked]) => name ?? path.split("node_modules/").at(-1)!;

describe("the lockfile", () => {
  it("names every package by the digest of its bytes", () => {
    expect(installed.length).toBeGreaterThan(100);
    expect(
      installed.filter(([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? "")),
    ).toEqual([]);
  });

  it("knows no registry, no file and no repository: whoever installs asks the own registry", () => {
    // A link is a room of this repository.
    const foreign = Object.entries(lock.packages).filter(
      ([, { resolved, link }]) => resolved !== undefined && !link,
    );
    expect(foreign).toEqual([]);
    expect(read("package-lock.json")).not.toMatch(/https?:\/\/[^"]*\.tgz/);
  });
});

describe("install scripts", () => {
  it("are refused unless the manifest names the package", () => {
    expect(read(".npmrc")).toMatch(/^strict-allow-scripts=true$/m);
    const wanting = new Set(installed.filter(([, { hasInstallScript }]) => hasInstallScript).map(nameOf));
    expect([...wanting].sort()).toEqual(Object.keys(manifest.allowScripts).sort());
  });

  it("have their reasons, the refused as well as the allowed", () => {
    const decisions = read("DECISIONS.md");
    for (const [name, allowed] of Object.entries(manifest.allowScripts)) {
      expect(decisions).toContain(`\`${name}\`'s install script is ${allowed ? "allowed" : "refused"}`);
    }
  });
});

describe("npm run sbom", () => {
  it("lists every package of the lockfile with its digest, the same each time", () => {
    const make = () => {
      execFileSync(process.execPath, ["--conditions=haggle-source", "scripts/sbom.ts"], { cwd: REPO });
      return read("dist/haggle.cdx.json");
    };
    const first = make();
    expect(make()).toBe(first);
    const bom: {
      bomFormat: string;
      specVersion: string;
      metadata: { component: { name: string } };
      components: { name: string; version: string; hashes?: { alg: string; content: string }[] }[];
    } = JSON.parse(first);
    expect(bom).toMatchObject({ bomFormat: "CycloneDX", metadata: { component: { name: "haggle" } } });
    const listed = new Map(bom.components.map((each) => [`${each.name}@${each.version}`, each]));
    const missing = installed.filter((entry) => {
      const [, { version, integrity }] = entry;
      const digest = Buffer.from(integrity!.slice("sha512-".length), "base64").toString("hex");
      const found = listed.get(`${nameOf(entry)}@${version}`);
      return !found?.hashes?.some(({ alg, content }) => alg === "SHA-512" && content === digest);
    });
    expect(missing.map(nameOf)).toEqual([]);
  });
});
