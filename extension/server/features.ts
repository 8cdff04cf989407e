// Every feature that both hosts have, one file each. Add a register and it is served.

import type { Register } from "./serve.ts";

export const FEATURES: readonly Register[] = [
];
