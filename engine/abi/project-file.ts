// How large a file of a project may be: whoever reads it holds all of it, and parsers hold a multiple.

/** Of rules, promotions, policy, bounds or cases: what a server takes of strategies. */
export const MAX_PROJECT_FILE_BYTES = 4 * 1024 * 1024;

/** A character of UTF-16 has at most so many bytes in UTF-8. */
const MAX_BYTES_PER_UNIT = 3;

/** Whether a text has more bytes, as UTF-8, than a file of a project may have. */
export function isTooLargeForProject(text: string): boolean {
  if (text.length * MAX_BYTES_PER_UNIT <= MAX_PROJECT_FILE_BYTES) return false;
  return (
    text.length > MAX_PROJECT_FILE_BYTES || new TextEncoder().encode(text).length > MAX_PROJECT_FILE_BYTES
  );
}
