import NIOCore

/// The one clock of a history.
enum Instant {
  /// Nanoseconds since the machine started.
  static var now: Int64 { Int64(NIODeadline.now().uptimeNanoseconds) }
}
