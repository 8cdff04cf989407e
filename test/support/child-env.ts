/**
 * What a program that a test starts is given of this machine: where programs are, and what earlier ones of the run compiled.
 * No settings, no keys, no home.
 */
export function childEnv(): Record<string, string> {
  const { PATH = "", NODE_COMPILE_CACHE, HAGGLE_CACHE } = process.env;
  return {
    PATH,
    ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }),
    ...(HAGGLE_CACHE && { HAGGLE_CACHE }),
  };
}
