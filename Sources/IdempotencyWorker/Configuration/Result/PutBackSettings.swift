/// What a worker remembers so as to put it back into a Redis that lost its last writes.
struct PutBackSettings: Sendable, Hashable {
  /// How long before the last contact with a history that was lost an outcome must have been acknowledged.
  ///
  /// 5 s by default: `appendfsync everysec` lags two seconds at most, and a replica that lags five is lost.
  var window = Duration.seconds(5)
  /// The bytes of outcomes that are kept; of more, the oldest go first.
  ///
  /// 64 MiB by default: answers of 16 KiB at 800 a second for the whole window.
  var bytes = 64 * 1024 * 1024

  /// 1 s: no persistence but `appendfsync always` loses less; ten minutes: longer than any replica may lag.
  static let windowRange = Duration.seconds(1)...Duration.seconds(600)
  /// 1 MiB: some hundred answers; 4 GiB: more than a Redis takes back before callers give up.
  static let bytesRange = 1024 * 1024...4 * 1024 * 1024 * 1024
}
