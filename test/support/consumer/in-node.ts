// Uses every entry in Node, by a server whose address is given, and prints what came of them.

import { readFile } from "node:fs/promises";
import { NODE_ENTRIES } from "./node-entries.ts";
import { PAGE_ENTRIES } from "./page-entries.ts";
import { useAll } from "./uses.ts";

const read = async (path: string) => Uint8Array.from(await readFile(`shop/${path}`));
const [url = ""] = process.argv.slice(2);
console.log(await useAll({ ...PAGE_ENTRIES, ...NODE_ENTRIES }, read, url));
