// Places in a cart that may be anything: read and written without changing what was there.

export type Path = readonly (string | number)[];

/** Undefined where there is no such place. */
export function readAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, step) =>
      typeof at === "object" && at !== null ? (at as Record<string | number, unknown>)[step] : undefined,
    value,
  );
}

/** A copy with another value at the place; undefined takes the field away. */
export function writeAt(value: unknown, path: Path, next: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return next;
  const written = writeAt(readAt(value, [step]), rest, next);
  if (Array.isArray(value)) return value.with(Number(step), written);
  const fields = { ...(value as Record<string, unknown> | undefined), [step]: written };
  if (written === undefined) delete fields[step];
  return fields;
}

/** As errors spell it: `lines[0].sku`. */
export function spellPath(path: Path): string {
  return path
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`))
    .join("")
    .replace(/^\./, "");
}
