// What other programs of the repository use of the command line: building into a served folder, and its keys.

export { writeRuntimeSources } from "./assets.ts";
export {
  buildToFolder,
  createFolderBuilder,
  type FolderBuild,
  type FolderBuilder,
  type FolderOptions,
} from "./build-to-folder.ts";
export { keptFolder } from "./kept-folder.ts";
export { createKeyPair, developmentSigner } from "./keys.ts";
export { readPolicies } from "./policies.ts";
export { findProject, type ProjectFolder, readProject } from "./project.ts";
export { findReleaseFolder, writeReleaseFolder } from "./release-folder.ts";
export { readRuntimeSources } from "./runtime-sources.ts";
