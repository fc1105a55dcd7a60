/// The pool of connections to the origin.
struct OriginConnections: Sendable, Hashable {
  /// How many connections each event loop keeps at most.
  ///
  /// 256 by default: with a loop for each of eight cores as many requests run at once as an origin rarely takes.
  var perLoop = 256
  /// How many of them one caller's guarded requests may hold; from 1 to ``perLoop``.
  ///
  /// Three quarters by default: a caller whose requests are slow leaves some to the others. Whoever calls, an eighth is
  /// kept for requests that are not guarded, and an eighth for those that are.
  var perCaller = 192
  /// How long a connection is kept unused.
  ///
  /// 3 s by default: Node closes at 5 s, and a connection that is closed under a request leaves its outcome unknown.
  var idle = Duration.seconds(3)
  /// How long a connection may take to be made, name and TLS included.
  ///
  /// 2 s by default: room for one lost SYN, which is sent again after 1 s.
  var connectTimeout = Duration.seconds(2)

  /// No more than an address has ports.
  static let perLoopRange = 1...65_535
  /// 10 ms: a connection that is dropped sooner is never used again; an hour: no server keeps one for longer.
  static let idleRange = Duration.milliseconds(10)...Duration.seconds(3_600)
  /// 10 ms: a handshake within a data centre; a minute: the caller is gone by then.
  static let connectTimeoutRange = Duration.milliseconds(10)...Duration.seconds(60)
}
