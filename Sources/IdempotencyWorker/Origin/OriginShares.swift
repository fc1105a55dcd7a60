import Idempotency

/// How many of a loop's connections to the origin are in whose hands, so that no one's slow requests take all (rule W9).
struct OriginShares {
  /// Who holds a connection, or wants one.
  enum Holder: Sendable, Hashable {
    /// A request that is not guarded: nobody knows whose.
    case unguarded
    /// A guarded one whose policy does not ask who is calling.
    case guarded
    /// A guarded one of a caller.
    case caller(CallerPlace)

    /// Whether a policy guards the request.
    var isGuarded: Bool { self != .unguarded }

    /// The holder for a guarded request; nil for the place of a caller that nobody asks for.
    init(guarded place: CallerPlace?) { self = place.map { .caller($0) } ?? .guarded }
  }

  /// What requests of each kind may hold: an eighth is kept for the other.
  private let kindLimit: Int
  private let callerLimit: Int
  private var unguarded = 0
  private var guarded = 0
  private var callers = [Int32](repeating: 0, count: CallerPlace.count)

  /// Makes shares of so many connections.
  ///
  /// - Parameters:
  ///   - connections: The loop's connections.
  ///   - perCaller: How many of them one caller may hold.
  init(connections: Int, perCaller: Int) {
    kindLimit = connections - connections / 8
    callerLimit = perCaller
  }

  /// Whether one more may go to this holder.
  func allow(_ holder: Holder) -> Bool {
    switch holder {
    case .unguarded: unguarded < kindLimit
    case .guarded: guarded < kindLimit
    case .caller(let place): guarded < kindLimit && Int(callers[place.index]) < callerLimit
    }
  }

  /// One goes to a holder.
  mutating func take(_ holder: Holder) { add(1, holder) }

  /// A holder has given one back.
  mutating func giveBack(_ holder: Holder) { add(-1, holder) }

  private mutating func add(_ change: Int, _ holder: Holder) {
    switch holder {
    case .unguarded: unguarded += change
    case .guarded: guarded += change
    case .caller(let place):
      guarded += change
      callers[place.index] += Int32(change)
    }
  }
}
