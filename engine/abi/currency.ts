// ISO 4217 currencies in circulation with their minor digits (list one, published 2026-01-01).

const DIGITS: readonly [digits: number, codes: string][] = [
  [
    2,
    "AEDAFNALLAMDAOAARSAUDAWGAZNBAMBBDBDTBMDBNDBOBBRLBSDBTNBWPBYNBZDCADCDFCHFCNYCOPCRCCUPCVECZKDKKDOPDZDEGPERNETBEURFJDFKPGBPGELGHSGIPGMDGTQGYDHKDHNLHTGHUFIDRILSINRIRRJMDKESKGSKHRKPWKYDKZTLAKLBPLKRLRDLSLMADMDLMGAMKDMMKMNTMOPMRUMURMVRMWKMXNMYRMZNNADNGNNIONOKNPRNZDPABPENPGKPHPPKRPLNQARRONRSDRUBSARSBDSCRSDGSEKSGDSHPSLESOSSRDSSPSTNSVCSYPSZLTHBTJSTMTTOPTRYTTDTWDTZSUAHUSDUYUUZSVEDVESWSTXCDXCGYERZARZMWZWG",
  ],
  [0, "BIFCLPDJFGNFISKJPYKMFKRWPYGRWFUGXVNDVUVXAFXOFXPF"],
  [3, "BHDIQDJODKWDLYDOMRTND"],
];

const digitsByCode = new Map<string, number>();
for (const [digits, codes] of DIGITS) {
  for (let i = 0; i < codes.length; i += 3) digitsByCode.set(codes.slice(i, i + 3), digits);
}

/** Minor digits of a currency (JPY 0, EUR 2, KWD 3), or undefined when ISO 4217 has no such code. */
export function findMinorDigits(code: string): number | undefined {
  return digitsByCode.get(code);
}

/** Three letters in one u32, the first letter lowest. */
export function packCurrency(code: string): number {
  return code.charCodeAt(0) | (code.charCodeAt(1) << 8) | (code.charCodeAt(2) << 16);
}

export function unpackCurrency(packed: number): string {
  return String.fromCharCode(packed & 0xff, (packed >> 8) & 0xff, (packed >> 16) & 0xff);
}
