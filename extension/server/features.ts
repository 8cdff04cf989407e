// Every feature that both hosts have, one file each. Add a register and it is served.

import { registerYamlCodeActions } from "./features/yaml-code-actions.ts";
import { registerYamlCompletion } from "./features/yaml-completion.ts";
import { registerYamlDefinition } from "./features/yaml-definition.ts";
import { registerYamlDiagnostics } from "./features/yaml-diagnostics.ts";
import { registerYamlHover } from "./features/yaml-hover.ts";
import { registerYamlSymbols } from "./features/yaml-symbols.ts";
import type { Register } from "./serve.ts";

export const FEATURES: readonly Register[] = [
  registerYamlCompletion,
  registerYamlHover,
  registerYamlDefinition,
  registerYamlSymbols,
  registerYamlDiagnostics,
  registerYamlCodeActions,
];
