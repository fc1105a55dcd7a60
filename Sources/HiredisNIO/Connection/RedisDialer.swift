import NIOCore
import NIOPosix
import NIOSSL

/// Opens channels: address, socket and TLS.
///
/// Shared by all connections of a client.
struct RedisDialer: Sendable {
  let configuration: RedisConfiguration
  private let topology: any RedisTopology
  /// Made once: building a TLS context reads all trust roots.
  private let tlsContext: Result<NIOSSLContext?, any Error>

  init(configuration: RedisConfiguration, topology: any RedisTopology) {
    self.configuration = configuration
    self.topology = topology
    self.tlsContext = Result { try configuration.tls.map { try NIOSSLContext(configuration: $0) } }
  }

  /// Opens a channel with the link at its end.
  func dial(_ link: RedisLink, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
    let link = NIOLoopBound(link, eventLoop: eventLoop)
    return topology.resolve(on: eventLoop).hop(to: eventLoop).flatMap { address in
      let bootstrap = ClientBootstrap(group: eventLoop)
        .connectTimeout(configuration.connectTimeout)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            if let tls = try tlsHandler(for: address) { try channel.pipeline.syncOperations.addHandler(tls) }
            try channel.pipeline.syncOperations.addHandler(link.value)
          }
        }
      switch address {
      case .tcp(let host, let port):
        return bootstrap.channelOption(.socketOption(.so_keepalive), value: 1).connect(host: host, port: port)
          .map { _ in }
      case .unix(let path):
        return bootstrap.connect(unixDomainSocketPath: path).map { _ in }
      }
    }
  }

  /// Whether the topology wants to be asked for an address again after this error reply.
  func reconnects(after error: RedisServerError) -> Bool {
    topology.reconnects(after: error)
  }

  private func tlsHandler(for address: RedisConfiguration.Address) throws -> NIOSSLClientHandler? {
    guard let context = try tlsContext.get() else { return nil }
    var name = configuration.tlsServerName
    // An IP address is no server name for TLS; the certificate is then held against the peer's address.
    if name == nil, case .tcp(let host, _) = address, (try? SocketAddress(ipAddress: host, port: 0)) == nil {
      name = host
    }
    return try NIOSSLClientHandler(context: context, serverHostname: name)
  }
}
