import IdempotencyTesting

/// Which keys meet how often.
enum ContentionMix: String, CaseIterable, Codable, Sendable {
  /// Every key comes as often as there are duplicates, all of them at once: everybody retries.
  case burst
  /// Every second request has the one hot key; the others take the rest in turn.
  case hot
  /// The n-th key comes 1/n times as often as the first.
  case zipf

  /// The order in which keys come.
  ///
  /// - Parameters:
  ///   - keys: How many there are.
  ///   - duplicates: How many requests there are for each, on average.
  ///   - seed: What random mixes begin with.
  /// - Returns: A key's number for each request; the same for the same seed.
  func order(keys: Int, duplicates: Int, seed: UInt64) -> [Int32] {
    let count = keys * duplicates
    switch self {
    case .burst:
      return (0..<count).map { Int32($0 / duplicates) }
    case .hot:
      let others = max(1, keys - 1)
      return (0..<count).map { $0.isMultiple(of: 2) ? 0 : Int32(min(keys - 1, 1 + $0 / 2 % others)) }
    case .zipf:
      var random = SeededRandom(seed: seed)
      var sum = 0.0
      let bounds = (1...keys).map { rank in
        sum += 1 / Double(rank)
        return sum
      }
      return (0..<count).map { _ in Int32(Self.index(of: .random(in: 0..<sum, using: &random), in: bounds)) }
    }
  }

  /// The first bound above a point, by halving.
  private static func index(of point: Double, in bounds: [Double]) -> Int {
    var (low, high) = (0, bounds.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if bounds[middle] > point { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
