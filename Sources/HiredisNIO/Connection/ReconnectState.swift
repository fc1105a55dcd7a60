/// When the next attempt to connect is due, as a state machine of its own: outcomes in, a wait out.
struct ReconnectState {
  /// Failures in a row.
  ///
  /// A first failure of a connection that never was of use (-1 → 0) is forgiven once, so that one unlucky accept costs
  /// nothing; from 1 on attempts wait and commands fail at once.
  private(set) var failures = -1

  /// Whether the next attempt is made at once and commands may wait for it.
  var isImmediate: Bool { failures <= 0 }

  /// No connection could be made or prepared.
  mutating func attemptFailed() {
    failures = max(failures + 1, 1)
  }

  /// A connection that had been ready was lost.
  ///
  /// - Parameter isProven: Whether it had been of use. One that is lost again and again as soon as it is there counts
  ///   as failing, or a server that hangs up would be called without a pause.
  mutating func disconnected(isProven: Bool) {
    failures = isProven ? 0 : failures + 1
  }
}
