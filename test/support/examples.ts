// The examples of the SDK's pages and docstrings, as modules that a compiler can judge.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const SDK = join(import.meta.dirname, "../../sdk");

export type Example = {
  /** Such as `README.md:11` or `src/engine.ts:77`. */
  at: string;
  /** Of the module that it becomes. */
  extension: "ts" | "tsx";
  code: string;
};

/** What examples name without making it: what a shop has around them. */
export const PRELUDE = `
import type { Cart, CartCustomer, CartLine, Decision, Engine } from "@haggle/sdk";
import type { ListItem, LiveCart } from "@haggle/sdk/cart";
import type { Haggle } from "@haggle/sdk/client";
import type { Experiment } from "@haggle/sdk/experiments";
import type { TrustedRoot as Trusted } from "@haggle/sdk";

declare global {
  const bundle: Uint8Array<ArrayBuffer>;
  const release: Uint8Array;
  const root: string;
  const bytes: Uint8Array;
  const text: string;
  const url: string;
  const wasm: WebAssembly.Module;
  const trusted: Trusted;
  const cart: Cart;
  const line: CartLine;
  const lines: CartLine[];
  const customer: CartCustomer;
  const products: ListItem[];
  const experiments: Experiment[];
  const decision: Decision & { ok: true };
  const engine: Engine;
  const haggle: Haggle;
  const live: LiveCart;
  const hasAgreed: boolean;
  function show(...shown: unknown[]): void;
  function showPrice(...shown: unknown[]): void;
  function draw(...shown: unknown[]): void;
  function print(line: string): void;
  function log(line: unknown): void;
  function report(code: string, ...more: unknown[]): void;
}
`;

/** Names of packages that the page has anyway. */
const PEERS: Readonly<Record<string, string>> = {
  createElement: "react",
  StrictMode: "react",
  createRoot: "react-dom/client",
};

export function listExamples(): Example[] {
  const pages = readdirSync(SDK).filter((name) => name.endsWith(".md"));
  const sources = readdirSync(join(SDK, "src"), { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  return [
    ...pages.flatMap((name) => examplesOfPage(name, readFileSync(join(SDK, name), "utf8"))),
    ...sources.sort().flatMap((name) => examplesOfSource(name, readFileSync(join(SDK, "src", name), "utf8"))),
  ];
}

function examplesOfPage(name: string, text: string): Example[] {
  return [...text.matchAll(/^```(tsx?)\n(.*?)^```/gms)].map(([, extension, code], index) => ({
    at: `${name}:${lineOf(text, index, /^```tsx?\n/gm)}`,
    extension: extension as Example["extension"],
    code: withImports(code!, {}),
  }));
}

/** Each in a function of its own, since what it begins with may be a `return`. */
function examplesOfSource(name: string, text: string): Example[] {
  return [...text.matchAll(/@example ?(.*?)(?=\n \* @|\*\/)/gs)].map(([, body], index) => {
    const code = body!.replace(/^ *\* ?/gm, "").trim();
    const own = Object.fromEntries(exportsOf(text).map((each) => [each, sourceOf(name)]));
    const imports = importsFor(code, own, name);
    return {
      at: `src/${name}:${lineOf(text, index, /@example/g)}`,
      extension: "ts",
      code: `${imports}\nexport async function example(): Promise<unknown> {\n${code}\nreturn;\n}\n`,
    };
  });
}

function withImports(code: string, own: Readonly<Record<string, string>>): string {
  return `${importsFor(code, own)}\n${code}\nexport {};\n`;
}

/** Imports of what the code names and neither imports nor makes: from the package where it is there, else its own file. */
function importsFor(code: string, own: Readonly<Record<string, string>>, file = ""): string {
  const openfeature = file.includes("openfeature-web") ? "web-sdk" : "server-sdk";
  const known = { ...own, ...PEERS, OpenFeature: `@openfeature/${openfeature}`, ...publicNames() };
  return Object.entries(known)
    .filter(([name]) => new RegExp(`(?<![.\\w"'/])${name}(?![\\w"':])`).test(withoutTexts(code)))
    .filter(
      ([name]) =>
        !new RegExp(`(?:import|const|let|function|class)\\b(?:(?! of )[^;=(])*\\b${name}\\b`).test(code),
    )
    .map(([name, from]) => `import { ${name} } from "${from}";`)
    .join("\n");
}

function withoutTexts(code: string): string {
  return code.replace(/\/\/.*|"[^"]*"/g, "");
}

let names: Record<string, string> | undefined;

/** Every value or type of every entry, with the entry; the first entry that has it counts. */
function publicNames(): Record<string, string> {
  if (names !== undefined) return names;
  names = {};
  const { exports } = JSON.parse(readFileSync(join(SDK, "package.json"), "utf8")) as {
    exports: Record<string, string | { "haggle-source": string }>;
  };
  for (const [entry, target] of Object.entries(exports)) {
    if (typeof target === "string") continue;
    const file = join(SDK, target["haggle-source"]);
    if (!existsSync(file)) continue;
    for (const name of exportsOf(readFileSync(file, "utf8")))
      names[name] ??= entry.replace(".", "@haggle/sdk");
  }
  return names;
}

function exportsOf(text: string): string[] {
  const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gms)].flatMap(([, list]) =>
    list!.split(",").map(
      (each) =>
        each
          .trim()
          .replace(/^type /, "")
          .split(" as ")
          .at(-1)!,
    ),
  );
  const made = [...text.matchAll(/^export (?:async )?(?:function|const|class|type) (\w+)/gm)].map(
    ([, name]) => name!,
  );
  return [...lists, ...made].filter((name) => /^\w+$/.test(name));
}

/** As seen from the folder that the examples are compiled in. */
function sourceOf(name: string): string {
  return relative(EXAMPLES, join(SDK, "src", name)).replaceAll("\\", "/");
}

export const EXAMPLES: string = join(dirname(import.meta.dirname), "build/examples");

/** Of the match with this number. */
function lineOf(text: string, index: number, pattern: RegExp): number {
  const match = [...text.matchAll(pattern)][index]!;
  return text.slice(0, match.index).split("\n").length;
}
