import Synchronization

/// How many values fell between each two bounds of a histogram.
final class BucketCounts: Sendable {
  // Written here and nowhere else; what it points to is atomics, which any thread may use, and lives as long as this.
  private nonisolated(unsafe) let counts: UnsafeMutableBufferPointer<Atomic<UInt64>>

  /// Makes counts for so many bounds; one more is for what is above them all.
  init(bounds: Int) {
    counts = .allocate(capacity: bounds + 1)
    for index in counts.indices { counts.initializeElement(at: index, to: Atomic(0)) }
  }

  deinit {
    counts.deinitialize().deallocate()
  }

  /// The counts now, not cumulative.
  var values: [UInt64] { counts.indices.map { counts[$0].load(ordering: .relaxed) } }

  /// Counts a value below the bound with this index and above the one before it.
  func increment(at index: Int) {
    counts[index].wrappingAdd(1, ordering: .relaxed)
  }

  /// Counts from zero again.
  func reset() {
    for index in counts.indices { counts[index].store(0, ordering: .relaxed) }
  }
}
