/** All fields of all members of a union, each of them optional: a member whose kind does not matter at the place. */
export type Flat<T> = {
  [Key in AllKeys<T>]?: T extends unknown ? (Key extends keyof T ? T[Key] : never) : never;
};

type AllKeys<T> = T extends unknown ? keyof T : never;
