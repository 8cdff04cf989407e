const HALF_LOG_2_PI = 0.9189385332046727;
/** From here on five terms of Stirling's series are exact to the last bits of a double. */
const LARGE = 16;

/**
 * The logarithm of Euler's beta function for a, b > 0, without the difference of large logarithms of gamma functions, which
 * would lose a digit for each digit of a (Didonato and Morris, "Algorithm 708", ACM TOMS 18, 1992: BETALN).
 */
export function logBeta(a: number, b: number): number {
  const [small, large] = a <= b ? [a, b] : [b, a];
  const sum = small + large;
  if (small >= LARGE) {
    const rest = stirlingRest(small) + stirlingRest(large) - stirlingRest(sum);
    const ratio = small / large;
    const logs = -(small - 0.5) * Math.log1p(1 / ratio) - large * Math.log1p(ratio);
    return HALF_LOG_2_PI - 0.5 * Math.log(large) + logs + rest;
  }
  if (large >= LARGE) {
    const quotient =
      small - (large - 0.5) * Math.log1p(small / large) - small * Math.log(sum) + stirlingRest(large);
    return logGamma(small) + quotient - stirlingRest(sum);
  }
  return logGamma(small) + logGamma(large) - logGamma(sum);
}

/** For x > 0; moved up by the functional equation to where Stirling's series is exact. */
function logGamma(x: number): number {
  let product = 1;
  let moved = x;
  for (; moved < LARGE; moved++) product *= moved;
  return (moved - 0.5) * Math.log(moved) - moved + HALF_LOG_2_PI + stirlingRest(moved) - Math.log(product);
}

/** What the series adds to (x - 1/2) ln x - x + ln(2 pi) / 2 (Abramowitz and Stegun 6.1.41). */
function stirlingRest(x: number): number {
  const inverse = 1 / x;
  const square = inverse * inverse;
  const tail = 1 / 1260 - square * (1 / 1680 - square * (1 / 1188 - square * (691 / 360360)));
  return inverse * (1 / 12 - square * (1 / 360 - square * tail));
}
