// A program that stores states one after another until it is killed; test/sdk/trust/file-store.test.ts kills it.

import { fileStore } from "@haggle/sdk/node";
import { stateNumber } from "./numbered-state.ts";

const [path, first] = process.argv.slice(2);
const store = fileStore(path!);
for (let number = Number(first); ; number++) {
  await store.save(stateNumber(number));
  process.stdout.write(`${number}\n`);
}
