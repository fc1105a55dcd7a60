/// An owner's own view of its lease.
struct Lease: Sendable {
  /// How an owner knows that its lease has just begun.
  enum Basis: Sendable, Hashable {
    /// The first SET or reclaim of this token, or its last acknowledged renewal, was sent then.
    case sent(BootInstant)
    /// The reply showed our own record: an earlier copy took the key, nobody here knows when.
    case ownRecord(deadline: Int64)
  }

  var basis: Basis?
  /// The latest deadline that was written or sent, Unix milliseconds by the store's clock.
  var deadline: Int64 = 0
  /// When the renewal that is on its way was sent, and with what deadline.
  var renewal: (sent: BootInstant, deadline: Int64)?
  /// Renewals are to go on.
  var renewing = false

  /// Whether so little of the lease has passed that the operation may be sent to its origin.
  ///
  /// Less than half must have passed since it began; what is left is far longer than the way to the origin.
  func mayExecute(at moment: Moment, lease: Int64) -> Bool {
    switch basis {
    case .sent(let instant): moment.boot.milliseconds(since: instant) < lease / 2
    case .ownRecord(let deadline): moment.server.map { deadline - $0 > lease / 2 } ?? false
    case nil: false
    }
  }
}
