// What runs in the thread that reads one large file of strategies: the program that `reader.ts` starts.

import { parentPort, workerData } from "node:worker_threads";
import { carryOut, type Order } from "./order.ts";

parentPort!.postMessage(await carryOut(workerData as Order));
