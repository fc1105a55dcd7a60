import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The admin listener: health and metrics, for whoever runs the worker and never for its callers.
///
/// It says that the process lives from the moment it listens until it is told to stop, so it stands first in a list of
/// services: what stands first stops last.
/// - Important: It knows no caller. Nothing may be added here that changes anything, or shows a key or an answer,
///   without the admin token.
struct AdminServer: Service {
  /// How long an idle connection stays open: four scrapes at the usual 15 s.
  static let idleTimeout = TimeAmount.seconds(60)

  let address: BindAddress
  let routes: AdminRoutes
  let logger: Logger
  /// Whether the worker stops where its address is in use; a second worker without a file goes on without it.
  let isRequired: Bool

  /// Makes the listener.
  /// - Parameters:
  ///   - address: Where it listens. Port 0 is any free one; a Unix socket that a crash left behind is replaced.
  ///   - readiness: What must be so before the worker takes requests; asked at every request, so it must be quick.
  ///   - metrics: The metrics in the Prometheus text format 0.0.4.
  ///   - logger: Told where it listens.
  ///   - isRequired: Whether an address in use is an error; otherwise a warning.
  init(
    address: BindAddress, readiness: @escaping @Sendable () -> [ReadinessCheck],
    metrics: @escaping @Sendable () -> String, logger: Logger, isRequired: Bool = true
  ) {
    self.isRequired = isRequired
    self.address = address
    self.routes = AdminRoutes(readiness: readiness, metrics: metrics)
    self.logger = logger
  }

  /// Listens until the service is told to stop, or cancelled.
  ///
  /// - Throws: What stands in the way of listening.
  func run() async throws {
    do {
      try await application.run()
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      guard !isRequired else { throw AddressInUse(description: "the admin listener's address \(address) is in use") }
      logger.warning("no admin listener: its address is in use", metadata: ["address": "\(address)"])
      try? await gracefulShutdown()
    }
  }

  /// The application; tests send it requests without a socket.
  var application: some ApplicationProtocol {
    // Hummingbird's own lines below a warning would repeat this one.
    var serverLogger = logger
    serverLogger.logLevel = max(logger.logLevel, .warning)
    return Application(
      router: routes.router(),
      server: .http1(configuration: .init(idleTimeout: Self.idleTimeout)),
      configuration: .init(address: address),
      onServerRunning: { channel in
        logger.notice("admin listening on \(channel.localAddress?.url() ?? "?")")
      },
      logger: serverLogger)
  }
}

/// Somebody else listens there.
struct AddressInUse: Error, CustomStringConvertible {
  let description: String
}
