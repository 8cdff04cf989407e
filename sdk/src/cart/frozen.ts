const made = new WeakSet<object>();

/** From a cart to the texts in its lists. */
const DEPTH = 4;

/**
 * A copy that nobody can change, as deep as a cart goes; what was made here before stays the same object, by which it is
 * known as unchanged.
 */
export function frozen<T>(value: T, depth = DEPTH): T {
  if (typeof value !== "object" || value === null || depth === 0 || made.has(value)) return value;
  const copy = Array.isArray(value)
    ? value.map((each) => frozen(each, depth - 1))
    : Object.fromEntries(Object.entries(value).map(([key, each]) => [key, frozen(each, depth - 1)]));
  made.add(copy);
  return Object.freeze(copy) as T;
}
