// ISO 4217 currencies in circulation with their minor digits (list one, published 2026-01-01).

/** Words of a first letter and the two last letters of each code that begins with it. */
const CODES: readonly [digits: number, packed: string][] = [
  [
    2,
    "AEDFNLLMDOARSUDWGZN BAMBDDTMDNDOBRLSDTNWPYNZD CADDFHFNYOPRCUPVEZK DKKOPZD EGPRNTBUR FJDKP GBPELHSIPMDTQYD HKDNLTGUF IDRLSNRRR JMD KESGSHRPWYDZT LAKBPKRRDSL MADDLGAKDMKNTOPRUURVRWKXNYRZN NADGNIOOKPRZD PABENGKHPKRLN QAR RONSDUB SARBDCRDGEKGDHPLEOSRDSPTNVCYPZL THBJSMTOPRYTDWDZS UAHSDYUZS VEDES WST XCDCG YER ZARMWWG",
  ],
  [0, "BIF CLP DJF GNF ISK JPY KMFRW PYG RWF UGX VNDUV XAFOFPF"],
  [3, "BHD IQD JOD KWD LYD OMR TND"],
];

const digitsByCode = new Map<string, number>();
for (const [digits, packed] of CODES) {
  for (const [first, ...rest] of packed.split(" ")) {
    for (let i = 0; i < rest.length; i += 2) digitsByCode.set(first! + rest[i]! + rest[i + 1]!, digits);
  }
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
