internal import Idempotency
internal import Synchronization

/// Whether reservations and reclaims may be sent: not before a node has settled.
///
/// One atomic load on the hot path once it is open.
final class ReservationGate: Sendable {
  private static let closed = Int64.max
  private static let open: Int64 = 0
  /// When it opens, in nanoseconds of ``BootInstant``.
  private let state = Atomic<Int64>(closed)

  /// Whether a reservation may be sent now.
  var isOpen: Bool {
    let opening = state.load(ordering: .acquiring)
    guard opening != Self.open else { return true }
    guard opening != Self.closed, BootInstant.now.nanoseconds >= opening else { return false }
    // Fails if the gate was closed meanwhile, and then it stays closed.
    _ = state.compareExchange(
      expected: opening, desired: Self.open, ordering: .acquiringAndReleasing)
    return true
  }

  /// When it opens or opened; nil while that is not known.
  var opening: BootInstant? {
    let opening = state.load(ordering: .acquiring)
    return opening == Self.closed ? nil : BootInstant(nanoseconds: opening)
  }

  /// Nothing is reserved until ``open(at:)``.
  func close() { state.store(Self.closed, ordering: .releasing) }

  /// Reservations may be sent from `instant` on.
  func open(at instant: BootInstant) { state.store(max(1, instant.nanoseconds), ordering: .releasing) }
}
