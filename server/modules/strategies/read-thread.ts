// What runs in the thread that reads one large file of strategies: the program that `reader.ts` starts.

import { parentPort, workerData } from "node:worker_threads";
import { readStrategies } from "./read.ts";
import type { Order } from "./reader.ts";

const { text, rules, experiments } = workerData as Order;
parentPort!.postMessage(readStrategies(text, rules, experiments && ((key) => experiments.get(key))));
