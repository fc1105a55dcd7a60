import NIOCore
import NIOSSL

/// What of the configuration the data plane needs, in its own units; a change needs a restart.
struct DataPlaneSettings: Sendable {
  var workerID: String
  /// `http` or `https`, as clients see it.
  var scheme: String
  var headerTimeout: TimeAmount
  var bodyTimeout: TimeAmount
  var idleTimeout: TimeAmount
  var headerBytes: Int
  var trustedProxies: [AddressRange]
  var origin: OriginAddress
  var originTLS: NIOSSLContext?
  var originTimeout: TimeAmount
  var originConnections: Int
  var originConnectionsPerCaller: Int
  /// How many requests of a loop may wait for a connection to the origin: as many as clients may be connected.
  var maximumWaiting = 10_000
  var originIdle: TimeAmount
  var originConnectTimeout: TimeAmount

  /// The bounds of what clients send.
  var requestLimits: MessageLimits {
    var limits = MessageLimits()
    limits.headBytes = headerBytes
    return limits
  }

  /// The bounds of what the origin sends: what clients may send, and no less than what servers with large cookies and
  /// policies do.
  var answerLimits: MessageLimits {
    var limits = MessageLimits()
    limits.headBytes = max(headerBytes, 256 * 1024)
    return limits
  }

  /// How often connections are looked at: time-outs are met this exactly, and a tenth of the shortest at least.
  var sweepInterval: TimeAmount {
    let shortest = min(headerTimeout, bodyTimeout, idleTimeout, originIdle, originTimeout)
    return max(.milliseconds(5), min(.milliseconds(500), .nanoseconds(shortest.nanoseconds / 10)))
  }
}
