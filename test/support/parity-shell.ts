// The parity proof in JavaScriptCore's own shell, an engine without a browser around it. What it has not, it is given: texts
// as UTF-8, and cryptography by asking Node, a line there and a line back.

import "./shell-globals.ts";
import { type ParityInput, priceCarts } from "./parity-host.ts";

declare const print: (line: string) => void;
declare const readFile: (path: string) => string;

try {
  const input = JSON.parse(readFile("input.json")) as ParityInput;
  for (const line of await priceCarts(input)) print(line);
} catch (error) {
  print(`error ${error}`);
}
