// Schemas become code when a request first needs them. A server has hundreds, and making code of all of them is most of what
// its start would wait for.

import AjvCompiler from "@fastify/ajv-compiler";
import SerializerSelector from "@fastify/fast-json-stringify-compiler";

type Validator = ReturnType<ReturnType<BuildValidator>>;
type Serializer = ReturnType<ReturnType<BuildSerializer>>;
type BuildValidator = ReturnType<typeof AjvCompiler>;
type BuildSerializer = ReturnType<typeof SerializerSelector>;

// What servers of one process have in common is compiled once.
const buildValidator: BuildValidator = AjvCompiler();
const buildSerializer: BuildSerializer = SerializerSelector();

/**
 * Fastify's own compilers, put off. `compilersFactory` is for its `schemaController`; `compileAll` does now what is still put
 * off, and throws what the first wrong schema makes it throw.
 */
export function createLazySchemas() {
  const waiting = new Set<() => unknown>();

  /** Compiles once, at the first call. */
  function putOff<T>(compile: () => T): () => T {
    let compiled: { value: T } | undefined;
    const get = () => {
      if (compiled === undefined) {
        compiled = { value: compile() };
        waiting.delete(get);
      }
      return compiled.value;
    };
    waiting.add(get);
    return get;
  }

  function validateLazily(compile: () => Validator): Validator {
    const get = putOff(compile);
    const validate = ((data: unknown) => {
      const compiled = get();
      const result: unknown = compiled(data);
      // Ajv tells what is wrong on the function itself.
      validate.errors = compiled.errors ?? null;
      return result;
    }) as Validator;
    return validate;
  }

  return {
    compilersFactory: {
      buildValidator: ((...shared) => {
        const compile = buildValidator(...shared);
        return (route) => validateLazily(() => compile(route));
      }) satisfies BuildValidator,
      buildSerializer: ((...shared) => {
        const compile = buildSerializer(...shared);
        return (route) => {
          const get = putOff((): Serializer => compile(route));
          return (data) => get()(data);
        };
      }) satisfies BuildSerializer,
    },
    compileAll(): void {
      for (const compile of [...waiting]) compile();
    },
  };
}
