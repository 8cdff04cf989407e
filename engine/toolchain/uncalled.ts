// asc compiles what is reached from an entry, and says nothing of a mistake in a function that nobody calls yet.

import {
  type AscClass,
  type AscCompiler,
  type AscElement,
  type AscFunction,
  type AscSource,
  asc,
  ELEMENT,
} from "./asc.ts";
import type { Place } from "./diagnostics.ts";
import { placeOf } from "./places.ts";
import { type ClassDeclaration, type Declaration, isClass, isFunction, isNamespace } from "./syntax.ts";

/**
 * Compiles the functions and methods of `sources` that nothing has reached, so that asc says what is wrong with them.
 * Generic ones have no types before somebody calls them. Returns the names of the functions. The module is of no use
 * afterwards.
 */
export function compileUncalled(compiler: AscCompiler, sources: readonly AscSource[]): Place[] {
  const isCompiled = (instance: AscFunction) => instance.is(asc.CommonFlags.Compiled!);
  const uncalled: Place[] = [];
  const unreached: AscFunction[] = [];
  for (const declaration of sources.flatMap(({ statements }) => declarationsIn(statements))) {
    const element = compiler.program.getElementByDeclaration(declaration);
    if (element === null) continue;
    const instances = isClass(declaration)
      ? methodsOf(compiler, element)
      : [compiler.resolver.resolveFunction(element, null)];
    for (const instance of instances) {
      if (instance === null || isCompiled(instance) || hasErrors(instance)) continue;
      unreached.push(instance);
      if (isFunction(declaration)) uncalled.push(placeOf(declaration.name));
    }
  }
  // What is reached is known before anything of this is compiled, which reaches more.
  for (const instance of unreached) compiler.compileFunction(instance);
  return uncalled;
}

/** The functions and classes of a file and its namespaces, without generic ones. */
function declarationsIn(statements: readonly unknown[]): Declaration[] {
  return (statements as Declaration[]).flatMap((statement) => {
    if (isNamespace(statement)) return declarationsIn(statement.members);
    const isOne = isClass(statement) || (isFunction(statement) && statement.body !== null);
    return isOne && ((statement as ClassDeclaration).typeParameters ?? []).length === 0 ? [statement] : [];
  });
}

function methodsOf({ resolver }: AscCompiler, prototype: AscElement): (AscFunction | null)[] {
  const instance = resolver.resolveClass(prototype, null);
  const members = [prototype, instance].flatMap((each) => [
    ...((each as AscClass | null)?.members?.values() ?? []),
  ]);
  return members.flatMap((member) => {
    if (!isWritten(member)) return [];
    if (member.kind === ELEMENT.FUNCTION_PROTOTYPE) return [resolver.resolveFunction(member, null)];
    if (member.kind !== ELEMENT.PROPERTY_PROTOTYPE) return [];
    const property = resolver.resolveProperty(member);
    return [property?.getterInstance ?? null, property?.setterInstance ?? null];
  });
}

/** Not a field's own accessor, not generic, not abstract, not inherited from a library. */
function isWritten({ declaration }: AscElement): boolean {
  const { typeParameters, body, range } = (declaration ?? {}) as Partial<ClassDeclaration> & {
    body?: unknown;
  };
  return body != null && (typeParameters ?? []).length === 0 && range?.source.isLibrary === false;
}

function hasErrors(instance: AscFunction): boolean {
  return instance.is(asc.CommonFlags.Errored!);
}
