// Every feature that both hosts have, one file each. Add a register and it is served.

import { registerCodeActions } from "./features/code-actions.ts";
import { registerCompletion } from "./features/completion.ts";
import { registerDefinition } from "./features/definition.ts";
import { registerDiagnostics } from "./features/diagnostics.ts";
import { registerFolding } from "./features/folding.ts";
import { registerFormatting } from "./features/formatting.ts";
import { registerHover } from "./features/hover.ts";
import { registerInlayHints } from "./features/inlay-hints.ts";
import { registerLenses } from "./features/lenses.ts";
import { registerLibrary } from "./features/library.ts";
import { registerPrice } from "./features/price.ts";
import { registerProjects } from "./features/projects.ts";
import { registerReferences } from "./features/references.ts";
import { registerReleases } from "./features/release.ts";
import { registerRename } from "./features/rename.ts";
import { registerRuns } from "./features/runs.ts";
import { registerSay } from "./features/say.ts";
import { registerSemanticTokens } from "./features/semantic-tokens.ts";
import { registerSignatureHelp } from "./features/signature-help.ts";
import { registerSymbols } from "./features/symbols.ts";
import { registerYamlCodeActions } from "./features/yaml-code-actions.ts";
import { registerYamlCompletion } from "./features/yaml-completion.ts";
import { registerYamlDefinition } from "./features/yaml-definition.ts";
import { registerYamlDiagnostics } from "./features/yaml-diagnostics.ts";
import { registerYamlHover } from "./features/yaml-hover.ts";
import { registerYamlSymbols } from "./features/yaml-symbols.ts";
import type { Register } from "./serve.ts";

export const FEATURES: readonly Register[] = [
  registerCompletion,
  registerDefinition,
  registerDiagnostics,
  registerCodeActions,
  registerFolding,
  registerFormatting,
  registerHover,
  registerInlayHints,
  registerLibrary,
  registerProjects,
  registerReleases,
  registerLenses,
  registerRuns,
  registerPrice,
  registerReferences,
  registerRename,
  registerSay,
  registerSemanticTokens,
  registerSignatureHelp,
  registerSymbols,
  registerYamlCompletion,
  registerYamlHover,
  registerYamlDefinition,
  registerYamlSymbols,
  registerYamlDiagnostics,
  registerYamlCodeActions,
];
