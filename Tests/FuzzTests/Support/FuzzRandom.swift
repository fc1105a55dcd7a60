/// SplitMix64: small, and the same on every platform.
struct FuzzRandom: RandomNumberGenerator {
  private var state: UInt64

  /// The state is mixed once: SplitMix64 walks by a fixed step, so that neighbouring seeds would share their numbers.
  init(seed: UInt64) {
    state = seed
    state = next()
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

  /// From nothing to `limit`, small as a rule: most mistakes need little.
  mutating func count(upTo limit: Int) -> Int { below(below(limit + 1) + 1) }

  mutating func some<Element>(upTo limit: Int, _ make: (inout FuzzRandom) -> Element) -> [Element] {
    (0..<count(upTo: limit)).map { _ in make(&self) }
  }

  /// Any length of bits, so that small numbers and extremes both come.
  mutating func integer() -> Int64 {
    let bits = Int64(truncatingIfNeeded: next())
    return chance(10) ? pick([0, 1, -1, .max, .min]) : bits >> Int64(below(64))
  }
}
