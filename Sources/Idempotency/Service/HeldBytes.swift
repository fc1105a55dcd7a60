internal import Synchronization

/// The bytes of requests and answers that a process holds for guarded requests: one budget for all of them (rule W9).
///
/// Counted are bodies of guarded requests, from their first byte until the origin has them or never will; bodies of
/// answers, until they are stored; and answers that wait for a store that is away. What is already running is never cut
/// off and may exceed the budget: an answer that were dropped for it would be lost to every retry, and whoever fills the
/// budget could choose whose. Only what has not begun is refused until there is room again.
///
/// Of one caller's requests no more is taken than three quarters, and one body: no caller keeps all others out.
package final class HeldBytes: Sendable {
  /// The budget, in bytes.
  package let limit: Int
  private let count = Atomic(0)
  /// What is held of callers, by their places.
  ///
  /// By hand: an array cannot hold atomics.
  private nonisolated(unsafe) let callers: UnsafeMutablePointer<Atomic<Int>>

  /// 256 MiB: a thousand answers of ordinary size beside 200 bodies of the largest size that a policy takes by default;
  /// a small node has twice as much memory.
  package static var defaultLimit: Int { 256 << 20 }

  /// Makes a budget of so many bytes, 1 or more.
  package init(limit: Int = HeldBytes.defaultLimit) {
    self.limit = limit
    callers = .allocate(capacity: CallerPlace.count)
    for index in 0..<CallerPlace.count { (callers + index).initialize(to: Atomic(0)) }
  }

  deinit {
    callers.deinitialize(count: CallerPlace.count)
    callers.deallocate()
  }

  /// What is held now, in bytes.
  package var bytes: Int { count.load(ordering: .relaxed) }

  /// More than half of it is used.
  package var isHalfUsed: Bool { bytes > limit / 2 }

  /// More is held than may be.
  package var isExceeded: Bool { bytes > limit }

  /// What is taken of one caller's requests, in bytes, besides one body.
  private var callerLimit: Int { limit - limit / 4 }

  /// There is no room for anything new of a caller.
  ///
  /// - Parameter place: The caller's; nil where nobody asks who is calling.
  /// - Returns: Whether the budget is used up, or the caller's part of it.
  package func isExhausted(for place: CallerPlace?) -> Bool {
    bytes >= limit || place.map { callers[$0.index].load(ordering: .relaxed) >= callerLimit } ?? false
  }

  /// Counts a change.
  /// - Parameters:
  ///   - change: In bytes.
  ///   - place: The caller's; nil where nobody asks who is calling.
  ///   - own: What the request itself holds then, in bytes.
  /// - Returns: False where more is held than the budget, or than is taken of the caller's other requests.
  @discardableResult
  package func add(_ change: Int, for place: CallerPlace? = nil, own: Int = 0) -> Bool {
    let total = count.wrappingAdd(change, ordering: .relaxed).newValue
    guard let place else { return total <= limit }
    let ofCaller = callers[place.index].wrappingAdd(change, ordering: .relaxed).newValue
    return total <= limit && ofCaller - own < callerLimit
  }
}

/// What one request or answer holds of a ``HeldBytes``; given back at the latest when this goes.
package struct HeldShare: ~Copyable {
  private let budget: HeldBytes
  /// The caller's.
  package let place: CallerPlace?
  /// The bytes that are counted.
  package private(set) var bytes = 0

  /// Something that grows is counted in steps of this, in bytes.
  ///
  /// 4 KiB: the counter is all event loops' and is not touched for every small piece; all requests that a worker has
  /// together keep less than its connections' own buffers uncounted.
  private static let step = 4 << 10

  /// Makes a share of nothing.
  package init(of budget: HeldBytes, for place: CallerPlace? = nil) {
    self.budget = budget
    self.place = place
  }

  deinit {
    if bytes != 0 { budget.add(-bytes, for: place) }
  }

  /// Counts exactly what is held now.
  ///
  /// - Parameter count: What is held, in bytes.
  /// - Returns: False where that is more than before, and more than there is room for (``HeldBytes/add(_:for:own:)``).
  @discardableResult
  package mutating func set(_ count: Int) -> Bool {
    let change = count - bytes
    guard change != 0 else { return true }
    bytes = count
    let hasRoom = budget.add(change, for: place, own: count)
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
