/// How much of everything a contention run has.
struct ContentionSettings: Codable, Sendable {
  /// Worker processes; nodes of the library.
  var workers: Int
  /// Connections over all workers together; callers of the library.
  var connections: Int
  /// Keys of a mix.
  var keys: Int
  /// Requests for each key, on average.
  var duplicates: Int
  /// How long the operation takes, in milliseconds: while it runs, duplicates meet a reservation.
  var operationMilliseconds: Int
  /// How much of the closed loop's rate the open loop asks for.
  var openLoopShare: Double
  var seed: UInt64

  /// The order of a mix's keys.
  func order(_ mix: ContentionMix) -> [Int32] { mix.order(keys: keys, duplicates: duplicates, seed: seed) }
}
