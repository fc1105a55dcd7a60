/// Replicas that must have a write before it counts (WAIT).
struct DurabilitySettings: Sendable, Hashable {
  /// How many; 0 waits for none.
  var replicas = 0
  /// How long they are waited for, at most the store's own time-out.
  var timeout = Duration.milliseconds(100)

  /// 15: more replicas than anyone waits for; each one waited for makes every request slower and less available.
  static let replicasRange = 0...15
  /// 1 ms: a round trip within a rack.
  static let shortestTimeout = Duration.milliseconds(1)
}
