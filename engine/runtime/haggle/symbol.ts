// Strings inside the engine. A rule compares symbols; only the host knows the letters.

import { TAGS_ANY, TAGS_COUNT, TAGS_SYMBOLS } from "./layout";

/** A string, known by number. The unknown symbol equals nothing, not even another unknown. */
@unmanaged
export class Sym {
  @inline @operator("==")
  static equals(a: Sym, b: Sym): bool {
    return changetype<usize>(a) != 0 && changetype<usize>(a) == changetype<usize>(b);
  }

  @inline @operator("!=")
  static differs(a: Sym, b: Sym): bool {
    return !Sym.equals(a, b);
  }

  /** False when the cart gave nothing, or a string that no rule compares with. */
  @inline
  get known(): bool {
    return changetype<usize>(this) != 0;
  }
}

/** What the build makes of a string literal. */
@inline
export function __sym(id: u32): Sym {
  return changetype<Sym>(id as usize);
}

/** A set of strings in a parameter: some, or any. */
@unmanaged
export class Tags {
  @inline
  get isAny(): bool {
    return load<i32>(changetype<usize>(this), TAGS_COUNT) == TAGS_ANY;
  }

  @inline
  get length(): i32 {
    const count = load<i32>(changetype<usize>(this), TAGS_COUNT);
    return count == TAGS_ANY ? 0 : count;
  }

  @inline
  at(index: i32): Sym {
    return changetype<Sym>(load<u32>(changetype<usize>(this) + ((index as usize) << 2), TAGS_SYMBOLS) as usize);
  }

  has(symbol: Sym): bool {
    if (this.isAny) return true;
    for (let i = 0, n = this.length; i < n; i++) {
      if (this.at(i) == symbol) return true;
    }
    return false;
  }
}
