// Those that are Node's.

import * as cli from "./cli.ts";
import * as sdkNode from "./sdk-node.ts";
import * as sdkOpenfeatureServer from "./sdk-openfeature-server.ts";
import * as server from "./server.ts";
import * as toolchain from "./toolchain.ts";
import * as toolchainCases from "./toolchain-cases.ts";
import * as toolchainProjectFiles from "./toolchain-project-files.ts";
import * as toolchainReplay from "./toolchain-replay.ts";
import * as toolchainSign from "./toolchain-sign.ts";
import * as toolchainVocabulary from "./toolchain-vocabulary.ts";
import type { Uses } from "./uses.ts";

export const NODE_ENTRIES: Uses = {
  "@haggle/sdk/openfeature-server": sdkOpenfeatureServer,
  "@haggle/sdk/node": sdkNode,
  "@haggle/toolchain": toolchain,
  "@haggle/toolchain/cases": toolchainCases,
  "@haggle/toolchain/project-files": toolchainProjectFiles,
  "@haggle/toolchain/replay": toolchainReplay,
  "@haggle/toolchain/sign": toolchainSign,
  "@haggle/toolchain/vocabulary": toolchainVocabulary,
  "haggle-cli": cli,
  "@haggle/server": server,
};
