import HiredisNIO
import Idempotency
import IdempotencyRedis
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle

/// A worker and what runs beside it, as the configuration says.
///
/// - Parameters:
///   - configuration: Checked before.
///   - source: Where it came from, for reloads.
///   - logger: For all of it.
/// - Returns: The services, in an order in which what stands first stops last.
/// - Throws: What cannot be used: a certificate, a keys file, a store's address. Nothing has been opened.
func buildServices(
  _ configuration: WorkerConfiguration, source: ConfigurationSource, logger: Logger
) async throws -> [any Service] {
  let group = MultiThreadedEventLoopGroup.singleton
  let metrics = WorkerMetrics(registry: PrometheusRegistry(), version: workerVersion)
  let shared = SharedState(
    maximumClients: configuration.limits.connections, heldBytes: configuration.limits.heldBytes, logger: logger)
  metrics.showPendingBytes { shared.pendingBytes }
  metrics.showHeldBytes(limit: shared.held.limit) { shared.held.bytes }
  let backend = try WorkerStore(configuration.store, group: group, logger: logger)
  if let redis = backend.redis { metrics.showPutBack { redis.putBackFigures } }
  let keys = KeyRefresher()
  KeyMetrics(metrics.registry).showAge { keys.current?.age }
  let policies = try await Site.load(configuration, keys: keys, metrics: metrics, logger: logger)
  keys.use(policies.principals?.remoteKeys)
  let readiness = WorkerReadiness(backend: backend, keys: keys)
  let worker = Worker(
    listen: configuration.listen, tls: try configuration.tls?.context(),
    settings: try DataPlaneSettings(configuration), drainTimeout: TimeAmount(configuration.drainTimeout),
    site: policies,
    store: backend.store, shared: shared, metrics: metrics, group: group, logger: logger
  ) {
    try await backend.waitUntilReady(logger)
    try await readiness.claim(policies.policies.derivations)
  }
  readiness.watch(worker)
  var services: [any Service] = []
  if let admin = configuration.admin {
    services.append(
      AdminServer(
        address: admin, readiness: { readiness.checks }, metrics: { metrics.registry.text() },
        logger: logger, isRequired: source.file != nil))
  }
  if let redis = backend.redis { services.append(redis) }
  services.append(keys)
  services.append(
    Reloader(
      source: source, running: configuration, worker: worker, keys: keys, readiness: readiness, metrics: metrics,
      logger: logger))
  services.append(worker)
  return services
}

extension Site {
  /// Makes what a configuration says about policies and callers.
  ///
  /// - Parameters:
  ///   - configuration: Checked before.
  ///   - keys: Those that are in force. A reload keeps them where their address is still the same; they are fetched
  ///     anew, and stay if that fails.
  ///   - mayLackKeys: Whether it is no error that keys could not be fetched: tokens are then answered with 503.
  ///   - metrics: Where tokens and fetches are counted.
  ///   - logger: Told which keys are not used.
  /// - Returns: What takes force as a whole.
  /// - Throws: What is wrong with the keys, or with policies that contradict each other.
  static func load(
    _ configuration: WorkerConfiguration, keys: KeyRefresher, mayLackKeys: Bool = true, metrics: WorkerMetrics,
    logger: Logger
  ) async throws -> Site {
    let principal = configuration.principal
    let policies = try PolicySet(
      configuration.policies, pepper: configuration.pepper, unmatchedKey: configuration.unmatchedKey,
      challenge: principal?.challenge ?? "ApiKey", principalFields: principal?.fieldNames ?? [])
    let missing: Principal.Missing = principal?.missing == .shared ? .shared : .reject
    let resolver: PrincipalResolver? =
      switch principal?.source {
      case nil: nil
      case .headers(let names)?: try .headers(names, missing: missing)
      case .jwt(let jwt)?:
        try .jwt(
          jwt,
          keys: try await IssuerKeys.load(
            jwt.keys, inForce: keys.current, mayLackKeys: mayLackKeys, metrics: metrics, logger: logger),
          missing: missing, metrics: TokenMetrics(metrics.registry))
      }
    return Site(
      policies: policies, principals: resolver,
      metrics: StatusTable(policies: policies.policies.map(\.name), metrics: metrics),
      dropsMethodOverride: configuration.dropsMethodOverride)
  }
}

extension IssuerKeys {
  /// Reads or fetches an issuer's keys.
  /// - Throws: ``PrincipalError`` for a file that cannot be used, and for an address that gives no keys, if there must be
  ///   some; what is wrong with a file of authorities.
  static func load(
    _ keys: JWTSettings.Keys, inForce: RemoteKeySet?, mayLackKeys: Bool, metrics: WorkerMetrics, logger: Logger
  ) async throws -> IssuerKeys {
    switch keys {
    case .file(let file):
      let keys = try await KeySet(file: file)
      for remark in keys.remarks { logger.warning("\(remark)") }
      return .file(keys)
    case .address(let address, let caFile):
      let client = try KeySetClient(address: address, caFile: caFile)
      // What is in force is not touched: the authorities may be others, and this configuration may yet be refused.
      let remote = RemoteKeySet(
        client: client, former: inForce.flatMap { $0.client.address == address ? $0 : nil },
        metrics: KeyMetrics(metrics.registry), logger: logger)
      await remote.refresh()
      guard remote.current != nil || mayLackKeys else {
        throw PrincipalError("The keys could not be fetched from \(address): \(remote.failure ?? "no answer")")
      }
      return .address(remote)
    }
  }
}

extension DataPlaneSettings {
  /// What of a configuration the data plane needs.
  /// - Throws: What is wrong with the files of TLS to the origin.
  init(_ configuration: WorkerConfiguration) throws {
    self.init(
      workerID: configuration.workerID, scheme: configuration.tls == nil ? "http" : "https",
      headerTimeout: TimeAmount(configuration.clientTimeouts.header),
      bodyTimeout: TimeAmount(configuration.clientTimeouts.body),
      idleTimeout: TimeAmount(configuration.clientTimeouts.idle), headerBytes: configuration.limits.headerBytes,
      trustedProxies: configuration.trustedProxies, origin: configuration.origin,
      originTLS: configuration.origin.isTLS ? try NIOSSLContext(configuration: configuration.originTLS.tls()) : nil,
      originTimeout: TimeAmount(configuration.originTimeout),
      originConnections: configuration.originConnections.perLoop,
      originConnectionsPerCaller: configuration.originConnections.perCaller,
      maximumWaiting: configuration.limits.connections,
      originIdle: TimeAmount(configuration.originConnections.idle),
      originConnectTimeout: TimeAmount(configuration.originConnections.connectTimeout))
  }
}

extension ListenerTLS {
  /// The listener's TLS, of these files.
  func context() throws -> NIOSSLContext {
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMFile(certificateFile).map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem)))
    tls.applicationProtocols = ["http/1.1"]
    tls.requireForwardSecrecy()
    if let clientCAFile {
      tls.trustRoots = .file(clientCAFile)
      tls.certificateVerification = .noHostnameVerification
    }
    return try NIOSSLContext(configuration: tls)
  }
}

extension ClientTLS {
  /// TLS as a client, of these files.
  func tls() throws -> TLSConfiguration {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.requireForwardSecrecy()
    if let caFile { tls.trustRoots = .file(caFile) }
    if let certificateFile, let keyFile {
      tls.certificateChain = try NIOSSLCertificate.fromPEMFile(certificateFile).map { .certificate($0) }
      tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem))
    }
    if !verify { tls.certificateVerification = .none }
    return tls
  }
}

extension TLSConfiguration {
  /// Whoever records a connection and gets hold of a key later cannot read it (rule W11): TLS 1.3, or of 1.2 the suites
  /// that agree on a key for each connection and protect its bytes in one step.
  ///
  /// What is left out, RSA key exchange and CBC, no client of the last ten years needs (RFC 9325 section 4.2).
  fileprivate mutating func requireForwardSecrecy() {
    minimumTLSVersion = .tlsv12
    // Each for both kinds of certificate. Those of TLS 1.3 are not chosen here, and are all of this kind.
    cipherSuiteValues = [
      .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
      .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
      .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]
  }
}
