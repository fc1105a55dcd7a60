import Hummingbird
import HummingbirdIdempotency
import Idempotency
import Logging
import NIOCore
import ServiceLifecycle

/// Builds the wallet API: what `wallet-example` runs, and what its tests run.
///
/// - Parameters:
///   - configuration: What the flags say.
///   - backend: Where the records stand; by default as the configuration says. Tests share one among several nodes.
/// - Returns: The application, to be run or tested.
/// - Throws: What is wrong with the policies, the store's address, or the ledger's file. Nothing has been started.
func buildApplication(
  _ configuration: WalletConfiguration, backend: StoreBackend? = nil
) async throws -> some ApplicationProtocol {
  let logger = configuration.logger
  let backend = try backend ?? StoreBackend(configuration)
  let policies = try PolicySet([.walletTransfers(configuration)])

  let router = Router()
  var services: [any Service] = []
  var isAccepting: @Sendable () -> Bool = { true }
  var waitUntilClaimed: @Sendable () async throws -> Void = {}
  if let backend {
    let service = IdempotencyService(
      store: backend.store, worker: configuration.node, limits: configuration.serviceLimits, logger: logger)
    router.add(
      middleware: IdempotencyMiddleware(
        service: service, policies: policies, principal: try .headers(["x-api-key"])))
    services = backend.services + [service]
    isAccepting = { service.isAccepting && backend.isReady() }
    waitUntilClaimed = { try await service.waitUntilClaimed() }
  }
  let ledger = try Ledger(path: configuration.ledger)
  WalletRoutes(node: configuration.node, ledger: ledger, delay: configuration.delay).add(to: router)
  // Below the server in the list of services, so that it still says yes while the last requests finish.
  router.get("health") { [isAccepting] _, _ in
    Health(node: configuration.node, isReady: isAccepting())
  }

  // What stands first stops last: the server lets its requests finish, then the service, then the store.
  var application = Application(
    router: router,
    configuration: .init(address: configuration.listen),
    services: services,
    onServerRunning: { channel in
      logger.notice("listening on \(channel.localAddress?.url ?? "?")", metadata: ["node": "\(configuration.node)"])
    },
    logger: configuration.serverLogger)
  // The public listener opens when the node is first ready.
  application.beforeServerStarts { [waitUntilClaimed] in
    try await backend?.waitUntilReady()
    try await waitUntilClaimed()
  }
  return application
}

extension SocketAddress {
  /// The address as `--listen` and curl take it.
  fileprivate var url: String {
    if let pathname { return "unix:\(pathname)" }
    let host = ipAddress ?? "?"
    return "http://\(host.contains(":") ? "[\(host)]" : host):\(port ?? 0)"
  }
}

extension IdempotencyPolicy {
  /// A key may be sent with a transfer and must then be a UUID v4, as the published API says.
  static func walletTransfers(_ configuration: WalletConfiguration) throws -> IdempotencyPolicy {
    var policy = try IdempotencyPolicy("wallet-transfers", methods: ["POST"], path: "/wallets/{walletId}/transfers")
    policy.keyFormat = .uuidV4
    policy.execution = configuration.execution
    return policy
  }
}
