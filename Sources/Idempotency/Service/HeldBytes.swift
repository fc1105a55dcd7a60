internal import Synchronization

/// The bytes of requests and answers that a process holds for guarded requests: one budget for all of them (rule W9).
///
/// Counted are bodies of guarded requests, from their first byte until the origin has them or never will; bodies of
/// answers, until they are stored; and answers that wait for a store that is away. What is already running is never cut
/// off and may exceed the budget: an answer that were dropped for it would be lost to every retry, and whoever fills the
/// budget could choose whose. Only what has not begun is refused until there is room again.
package final class HeldBytes: Sendable {
  /// The budget, in bytes.
  package let limit: Int
  private let count = Atomic(0)

  /// 256 MiB: a thousand answers of ordinary size beside 200 bodies of the largest size that a policy takes by default;
  /// a small node has twice as much memory.
  package static var defaultLimit: Int { 256 << 20 }

  /// Makes a budget of so many bytes, 1 or more.
  package init(limit: Int = HeldBytes.defaultLimit) {
    self.limit = limit
  }

  /// What is held now, in bytes.
  package var bytes: Int { count.load(ordering: .relaxed) }

  /// There is no room for anything new.
  package var isExhausted: Bool { bytes >= limit }

  /// Counts a change; false where more is held than the budget.
  @discardableResult
  package func add(_ change: Int) -> Bool {
    count.wrappingAdd(change, ordering: .relaxed).newValue <= limit
  }
}

/// What one request or answer holds of a ``HeldBytes``; given back at the latest when this goes.
package struct HeldShare: ~Copyable {
  private let budget: HeldBytes
  /// The bytes that are counted.
  package private(set) var bytes = 0

  /// Something that grows is counted in steps of this, in bytes.
  ///
  /// 4 KiB: the counter is all event loops' and is not touched for every small piece; all requests that a worker has
  /// together keep less than its connections' own buffers uncounted.
  private static let step = 4 << 10

  /// Makes a share of nothing.
  package init(of budget: HeldBytes) {
    self.budget = budget
  }

  deinit {
    if bytes != 0 { budget.add(-bytes) }
  }

  /// Counts exactly what is held now.
  ///
  /// - Parameter count: What is held, in bytes.
  /// - Returns: False where that is more than before, and all together hold more than the budget.
  @discardableResult
  package mutating func set(_ count: Int) -> Bool {
    let change = count - bytes
    guard change != 0 else { return true }
    bytes = count
    let hasRoom = budget.add(change)
    return hasRoom || change < 0
  }

  /// Counts something that grows; a rest of less than a step is counted with what follows.
  ///
  /// - Parameter count: What is held, in bytes.
  /// - Returns: As ``set(_:)``.
  @discardableResult
  package mutating func grow(to count: Int) -> Bool {
    if count - bytes < Self.step { return true }
    return set(count)
  }

  /// Counts no more than is held now.
  package mutating func shrink(to count: Int) {
    if count < bytes { set(count) }
  }
}
