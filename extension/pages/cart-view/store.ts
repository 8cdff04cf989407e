// What the view is about, and what it was before each change.

import type { CartViewState } from "../../shared/cart-page.ts";

/** Changes of one field in a row are one step back, until the hand rests. */
const MERGE_MS = 800;
/** More would be kept than anybody goes back. */
const MAX_STEPS = 200;

type Step = { state: CartViewState; field: string | undefined; at: number };

export type Store = ReturnType<typeof createStore>;

/** `changed` is told after each change, whoever made it. */
export function createStore(first: CartViewState, changed: () => void) {
  let state = first;
  let past: Step[] = [];
  let future: CartViewState[] = [];

  function change(part: Partial<CartViewState>, field?: string): void {
    const now = Date.now();
    const last = past.at(-1);
    const isSame =
      field !== undefined && last?.field === field && now - last.at < MERGE_MS && future.length === 0;
    if (isSame) last.at = now;
    else past = [...past, { state, field, at: now }].slice(-MAX_STEPS);
    future = [];
    state = { ...state, ...part };
    changed();
  }

  return {
    get state(): CartViewState {
      return state;
    },
    get canUndo(): boolean {
      return past.length > 0;
    },
    get canRedo(): boolean {
      return future.length > 0;
    },
    /** `field` names what was changed, where more changes of it belong together. */
    change,
    /** Something that is not to be undone: a name, another document. */
    replace(part: Partial<CartViewState>): void {
      state = { ...state, ...part };
      changed();
    },
    /** Another cart: nothing leads back to the one before. */
    open(next: CartViewState): void {
      [state, past, future] = [next, [], []];
      changed();
    },
    undo(): void {
      const step = past.at(-1);
      if (step === undefined) return;
      future = [...future, state];
      past = past.slice(0, -1);
      // The case may have been saved meanwhile, which is not undone.
      state = { ...step.state, ...caseOf(state) };
      changed();
    },
    redo(): void {
      const next = future.at(-1);
      if (next === undefined) return;
      past = [...past, { state, field: undefined, at: 0 }];
      future = future.slice(0, -1);
      state = { ...next, ...caseOf(state) };
      changed();
    },
  };
}

function caseOf({ title, caseOf: own }: CartViewState): Partial<CartViewState> {
  return { title, ...(own && { caseOf: own }) };
}
