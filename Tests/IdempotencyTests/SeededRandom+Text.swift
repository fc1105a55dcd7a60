import IdempotencyTesting

extension SeededRandom {
  /// A text of some characters of an alphabet.
  mutating func text(of alphabet: [String], count: ClosedRange<Int>) -> String {
    (0..<Int.random(in: count, using: &self)).map { _ in alphabet.randomElement(using: &self)! }.joined()
  }
}
