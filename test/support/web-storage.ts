/** What a page's `localStorage` does, as far as a client uses it; `texts` is what is in it. */
export function createWebStorage() {
  const texts = new Map<string, string>();
  return {
    texts,
    getItem: (name: string): string | null => texts.get(name) ?? null,
    setItem: (name: string, text: string): void => void texts.set(name, text),
    removeItem: (name: string): void => void texts.delete(name),
    key: (index: number): string | null => [...texts.keys()][index] ?? null,
    get length(): number {
      return texts.size;
    },
  };
}
