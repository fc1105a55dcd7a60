import Synchronization

/// A number that threads add to; by hand, because neither Synchronization nor swift-atomics adds floating point.
struct AtomicDouble: ~Copyable {
  private let bits = Atomic<UInt64>(0)

  /// The number.
  var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

  /// Sets the number.
  func store(_ value: Double) {
    bits.store(value.bitPattern, ordering: .relaxed)
  }

  /// Adds to the number.
  func add(_ amount: Double) {
    var seen = bits.load(ordering: .relaxed)
    while true {
      let sum = (Double(bitPattern: seen) + amount).bitPattern
      let (exchanged, now) = bits.weakCompareExchange(expected: seen, desired: sum, ordering: .relaxed)
      if exchanged { return }
      seen = now
    }
  }
}
