// A rule's stack must be bounded on every engine, so no function may reach itself. The profile proves it on the
// bytes; this finds the usual case in the source, with names. Calls through methods and tables are left to the proof.

import type { AscNode, AscSource } from "./asc.ts";
import { diagnosticAt } from "./asc-diagnostics.ts";
import type { Diagnostic } from "./diagnostics.ts";
import {
  type Call,
  type FunctionDeclaration,
  isCall,
  isFunction,
  isIdentifier,
  isImport,
  walk,
} from "./syntax.ts";

type Callable = { key: string; declaration: FunctionDeclaration; calls: { call: Call; to: string }[] };

/** One diagnostic for each cycle among the named functions of the sources. */
export function checkRecursion(sources: AscSource[]): Diagnostic[] {
  const functions = new Map<string, Callable>();
  for (const source of sources) for (const each of callables(source)) functions.set(each.key, each);
  const found: Diagnostic[] = [];
  const done = new Set<string>();
  const visit = (callable: Callable, path: Callable[]): void => {
    if (done.has(callable.key)) return;
    for (const { call, to } of callable.calls) {
      const target = functions.get(to);
      if (target === undefined) continue;
      const chain = [...path, callable];
      const start = chain.indexOf(target);
      if (start < 0) visit(target, chain);
      else found.push(recursionAt(call, [...chain.slice(start), target]));
    }
    done.add(callable.key);
  };
  for (const callable of functions.values()) visit(callable, []);
  return found;
}

function recursionAt(call: Call, cycle: Callable[]): Diagnostic {
  const names = cycle.map(({ declaration }) => declaration.name.text).join(" -> ");
  return diagnosticAt(call, "BUILD_RECURSION", `Recursion: ${names}`, "write it as a loop");
}

function callables(source: AscSource): Callable[] {
  const local = new Map<string, string>();
  for (const statement of source.statements) {
    if (isFunction(statement))
      local.set(statement.name.text, `${source.internalPath}#${statement.name.text}`);
    if (isImport(statement)) {
      for (const { name, foreignName } of statement.declarations ?? []) {
        local.set(name.text, `${statement.internalPath}#${foreignName.text}`);
      }
    }
  }
  return source.statements.filter(isFunction).map((declaration) => {
    const calls: Callable["calls"] = [];
    walk(declaration as AscNode, (node) => {
      if (!isCall(node) || !isIdentifier(node.expression)) return;
      const to = local.get(node.expression.text);
      if (to !== undefined) calls.push({ call: node, to });
    });
    return { key: `${source.internalPath}#${declaration.name.text}`, declaration, calls };
  });
}
