/** A sentence in English and in Chinese, with `{0}` and its like in the place of what it is about. */
export type Sentence = readonly [english: string, chinese: string];
