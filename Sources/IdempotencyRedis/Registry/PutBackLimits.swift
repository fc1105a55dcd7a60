internal import Idempotency

/// How much this process remembers so as to put it back.
package struct PutBackLimits: Sendable {
  /// How long before the last contact with a lost history an outcome must have been acknowledged to be put back, in
  /// nanoseconds.
  let window: Int64
  /// The bytes of outcomes that are kept.
  let bytes: Int
  /// Reservations that are kept: what the client lets be in flight at once, and at half a KiB each 32 MiB.
  ///
  /// A process with more protects the first of them.
  let reservations: Int

  package init(window: Int64 = 5_000_000_000, bytes: Int = 64 * 1024 * 1024, reservations: Int = 65_536) {
    self.window = window
    self.bytes = bytes
    self.reservations = reservations
  }

  var reservationsPerShard: Int { max(1, reservations / ReservationRegistry.shardCount) }
  var bytesPerShard: Int { bytes / ReservationRegistry.shardCount }

  /// What was acknowledged before this is as safe as persistence makes it, if there was contact at `contact`.
  func windowStart(_ contact: BootInstant) -> BootInstant {
    BootInstant(nanoseconds: contact.nanoseconds - window)
  }
}
