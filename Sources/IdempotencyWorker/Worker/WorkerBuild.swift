import HiredisNIO
import Hummingbird
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
  let policies = try await Site.load(configuration, metrics: metrics, logger: logger)
  let readiness = WorkerReadiness(backend: backend)
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
        address: BindAddress(admin), readiness: { readiness.checks }, metrics: { metrics.registry.text() },
        logger: logger, isRequired: source.file != nil))
  }
  if let redis = backend.redis { services.append(redis) }
  services.append(
    Reloader(
      source: source, running: configuration, worker: worker, readiness: readiness, metrics: metrics, logger: logger))
  services.append(worker)
  return services
}

extension BindAddress {
  init(_ address: ListenAddress) {
    switch address {
    case .tcp(let host, let port): self = .hostname(host, port: port)
    case .unix(let path): self = .unixDomainSocket(path: path)
    }
  }
}

extension Site {
  /// Makes what a configuration says about policies and callers.
  static func load(_ configuration: WorkerConfiguration, metrics: WorkerMetrics, logger: Logger) async throws -> Site {
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
        try await .jwt(header: jwt.header, claims: jwt.claims, keysFile: jwt.keysFile, missing: missing)
      }
    for remark in resolver?.remarks ?? [] { logger.warning("\(remark)") }
    return Site(
      policies: policies, principals: resolver,
      metrics: StatusTable(policies: policies.policies.map(\.name), metrics: metrics))
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
    tls.minimumTLSVersion = .tlsv12
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
    tls.minimumTLSVersion = .tlsv12
    if let caFile { tls.trustRoots = .file(caFile) }
    if let certificateFile, let keyFile {
      tls.certificateChain = try NIOSSLCertificate.fromPEMFile(certificateFile).map { .certificate($0) }
      tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem))
    }
    if !verify { tls.certificateVerification = .none }
    return tls
  }
}
