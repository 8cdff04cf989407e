/** The signature is the first section of a bundle: everything but that. */
export function unsigned(bundle: Uint8Array): Uint8Array {
  if (bundle[8] !== 0) throw new Error("the first section is not a custom one");
  let at = 9;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bundle[at++]!;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return new Uint8Array([...bundle.subarray(0, 8), ...bundle.subarray(at + length)]);
}
