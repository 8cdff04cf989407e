const made = new WeakSet<object>();

/** From a cart to the texts in its lists. */
const DEPTH = 4;

/**
 * A copy that nobody can change, as deep as a cart goes; what was made here before stays the same object, by which it is
 * known as unchanged.
 */
export function frozen<T>(value: T, depth = DEPTH): T {
  if (typeof value !== "object" || value === null || depth === 0 || made.has(value)) return value;
  const copy = (Array.isArray(value) ? value.slice() : { ...value }) as Record<string | number, unknown>;
  // At each change of a cart: entries made and put together again would cost twice as much.
  if (Array.isArray(copy)) for (let i = 0; i < copy.length; i++) copy[i] = frozen(copy[i], depth - 1);
  else
    for (const key of Object.keys(copy))
      if (typeof copy[key] === "object") copy[key] = frozen(copy[key], depth - 1);
  made.add(copy);
  return Object.freeze(copy) as T;
}
