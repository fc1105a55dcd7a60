import NIOCore

/// One turn of load: who is asked, over how many connections, how fast, and when it ends.
struct LoadPlan: Sendable {
  /// The servers; connections take them in turn.
  var ports: [Int]
  var connections: Int
  /// Requests per second over all connections together; nil where each connection asks again as soon as it is answered.
  ///
  /// With a rate, a request's latency counts from when it was due, not from when a busy connection got round to it: a
  /// server that stands still is charged for everyone who would have asked meanwhile (coordinated omission).
  var rate: Double?
  /// When no more requests are sent; nil where the traffic itself ends.
  var duration: Duration?

  /// How often connections look for what is due.
  ///
  /// Latency counts from when it was due: what a request waits for the tick counts, too.
  static let tick = TimeAmount.microseconds(250)
  /// How long a turn may take that ends by itself: a server that answers no more must not hold up the run for ever.
  static let limit = TimeAmount.minutes(10)
  /// How long the last answers may take after the end of sending.
  static let patience = TimeAmount.seconds(30)
}
