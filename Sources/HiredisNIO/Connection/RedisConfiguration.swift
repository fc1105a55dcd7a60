public import NIOCore
public import NIOSSL

/// Where the server is, who the client is, and how long and how much it waits.
public struct RedisConfiguration: Sendable {
  /// The address of a server.
  public enum Address: Sendable, Hashable {
    /// A host name or an IP address (IPv6 without brackets) and a TCP port, 1…65535.
    case tcp(host: String, port: Int)
    /// The path of a Unix domain socket; at most 107 bytes on Linux.
    case unix(path: String)
  }

  /// Where the server is.
  public var address: Address

  /// The ACL user; nil for the default user.
  public var username: String?

  /// The password; nil sends no AUTH.
  public var password: String?

  /// The database number that SELECT gets, 0 or more; 0 sends no SELECT.
  public var database = 0

  /// What CLIENT LIST shows for the connections, without spaces; nil sends no CLIENT SETNAME.
  public var clientName: String?

  /// How to speak TLS; nil for plain text.
  public var tls: TLSConfiguration?

  /// The name that the server's certificate must bear, unless it bears the IP address that was connected to (NIOSSL
  /// accepts either); nil for the host of ``address``.
  public var tlsServerName: String?

  /// How long a command may take from the call to the reply unless it says otherwise.
  ///
  /// 500 ms by default: a healthy Redis answers in about one, and the layer above wants to have failed, or to have
  /// tried again, before its own callers give up.
  public var commandTimeout: TimeAmount = .milliseconds(500)

  /// How long a connection may take to be made: name, TCP, TLS, AUTH and the `prepare` hook together.
  ///
  /// 2 s by default: room for one lost SYN, which is sent again after 1 s.
  public var connectTimeout: TimeAmount = .seconds(2)

  /// How long to wait between attempts to connect.
  public var reconnectBackoff = ReconnectBackoff()

  /// How many bytes of commands may wait for a connection or for a writable one, per connection.
  ///
  /// 64 MiB by default: sixty-four records of a mebibyte, which a server takes in a tenth of a second; more than that is
  /// not latency any more but a server that is gone.
  public var maximumQueuedBytes = 64 * 1024 * 1024

  /// How many commands may be waiting or unanswered, per connection.
  ///
  /// 65,536 by default: at 200,000 commands a second that is a third of a second, just within `commandTimeout`.
  public var maximumCommandsInFlight = 65_536

  /// How large a reply may be.
  public var limits = RESPLimits()

  /// How many connections each event loop keeps; 1 or more.
  ///
  /// 1 by default: commands are pipelined, and one connection fills more than a core of the server.
  public var connectionsPerEventLoop = 1

  /// Makes a configuration with the defaults of every property.
  ///
  /// - Parameter address: Where the server is.
  public init(address: Address) {
    self.address = address
  }
}

extension RedisConfiguration.Address: CustomStringConvertible {
  /// `host:port`, `[host]:port` for IPv6, or the path.
  public var description: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): path
    }
  }
}
