internal import NIOConcurrencyHelpers

/// How many requests wait for each key in this process (rule W9).
///
/// Locked, because event loops and tasks share it; only requests that wait come here. It holds an entry for each key that
/// somebody waits for, so no more than there are requests.
package final class WaiterCount: Sendable {
  private let counts = NIOLockedValueBox<[RecordKey: Int]>([:])

  /// Counts nobody.
  package init() {}

  /// How many wait, for all keys.
  package var total: Int { counts.withLockedValue { $0.values.reduce(0, +) } }

  /// Counts one more for a key, until ``end(_:)``; false, and not counted, where ``Engine/maximumWaiters`` wait already.
  package func begin(_ key: RecordKey) -> Bool {
    counts.withLockedValue { counts in
      let count = counts[key, default: 0]
      guard count < Engine.maximumWaiters else { return false }
      counts[key] = count + 1
      return true
    }
  }

  /// One that was counted waits no longer.
  package func end(_ key: RecordKey) {
    counts.withLockedValue { counts in
      guard let count = counts[key] else { return }
      counts[key] = count > 1 ? count - 1 : nil
    }
  }
}
