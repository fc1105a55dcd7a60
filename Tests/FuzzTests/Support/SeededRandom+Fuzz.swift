import IdempotencyTesting

extension SeededRandom {
  /// From nothing to `limit`, small as a rule: most mistakes need little.
  mutating func count(upTo limit: Int) -> Int { below(below(limit + 1) + 1) }

  mutating func some<Element>(upTo limit: Int, _ make: (inout SeededRandom) -> Element) -> [Element] {
    (0..<count(upTo: limit)).map { _ in make(&self) }
  }

  /// Any length of bits, so that small numbers and extremes both come.
  mutating func integer() -> Int64 {
    let bits = Int64(truncatingIfNeeded: next())
    return chance(10) ? pick([0, 1, -1, .max, .min]) : bits >> Int64(below(64))
  }
}
