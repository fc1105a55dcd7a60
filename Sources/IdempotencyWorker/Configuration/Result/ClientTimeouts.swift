/// How long the public listener waits for a client.
struct ClientTimeouts: Sendable, Hashable {
  /// From a request's first byte to the end of its head.
  ///
  /// 10 s by default: far more than a head takes over a bad line, and a client that drips one (slowloris) is cut off.
  var header = Duration.seconds(10)
  /// Between any two reads of a request's body.
  ///
  /// 30 s by default: what the origin's own time-out allows.
  var body = Duration.seconds(30)
  /// Between two requests on one connection.
  ///
  /// 60 s by default: what load balancers keep a connection for.
  var idle = Duration.seconds(60)

  /// 100 ms: a round trip around the world is 300 ms, but tests and local callers want less; no client needs an hour.
  static let range = Duration.milliseconds(100)...Duration.seconds(3_600)
}
