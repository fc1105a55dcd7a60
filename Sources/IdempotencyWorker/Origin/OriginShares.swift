import Idempotency

/// How many of a loop's connections to the origin are in whose hands, so that no one's slow requests take all (rule W9).
struct OriginShares {
  /// Who holds a connection, or wants one.
  enum Holder: Sendable, Equatable {
    /// A request that is not guarded: nobody knows whose.
    case unguarded
    /// A guarded one whose policy does not ask who is calling.
    case guarded
    /// A guarded one of a caller: the place of the caller's count.
    case caller(Int)

    /// Whether a policy guards the request.
    var isGuarded: Bool { self != .unguarded }

    /// The holder for a caller's request.
    ///
    /// - Parameter caller: Who is calling; `Principal.shared` where the policy does not ask.
    init(_ caller: Caller) {
      guard case .known(let principal) = caller, !principal.fields.isEmpty else {
        self = .guarded
        return
      }
      // Seeded for each process: nobody can choose a name that shares another's count.
      var hasher = Hasher()
      hasher.combine(principal)
      self = .caller(Int(UInt(bitPattern: hasher.finalize()) % UInt(OriginShares.counts)))
    }
  }

  /// Callers whose names fall on one count share a share: so many that few do, and 4 KiB.
  private static let counts = 1_024

  /// What requests of each kind may hold: an eighth is kept for the other.
  private let kindLimit: Int
  private let callerLimit: Int
  private var unguarded = 0
  private var guarded = 0
  private var callers = [Int32](repeating: 0, count: Self.counts)

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
    case .caller(let place): guarded < kindLimit && Int(callers[place]) < callerLimit
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
      callers[place] += Int32(change)
    }
  }
}
