import Hummingbird
import Logging
import NIOConcurrencyHelpers
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

  let address: ListenAddress
  let routes: AdminRoutes
  let logger: Logger
  /// Whether the worker stops where its address is in use; a second worker without a file goes on without it.
  let isRequired: Bool

  /// Makes the listener.
  /// - Parameters:
  ///   - address: Where it listens. Port 0 is any free one; of Unix sockets only a dead one is replaced (rule W10).
  ///   - readiness: What must be so before the worker takes requests; asked at every request, so it must be quick.
  ///   - metrics: The metrics in the Prometheus text format 0.0.4.
  ///   - logger: Told where it listens.
  ///   - isRequired: Whether an address in use is an error; otherwise a warning.
  init(
    address: ListenAddress, readiness: @escaping @Sendable () -> [ReadinessCheck],
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
      switch address {
      case .tcp: try await application.run()
      case .unix(let path): try await run(at: UnixSocketPlace(path))
      }
    } catch let error where Self.isInUse(error) {
      guard !isRequired else { throw AddressInUse(description: "the admin listener's address \(address) is in use") }
      logger.warning("no admin listener: its address is in use", metadata: ["address": "\(address)"])
      try? await gracefulShutdown()
    }
  }

  private static func isInUse(_ error: any Error) -> Bool {
    error is AddressInUse || (error as? IOError)?.errnoCode == EADDRINUSE
  }

  /// Listens on a Unix socket, which is at its place when it takes connections.
  private func run(at place: UnixSocketPlace) async throws {
    let failure = NIOLockedValueBox<(any Error)?>(nil)
    do {
      try await application(at: .unixDomainSocket(path: place.temporaryPath)) { listener in
        do {
          try await place.take(listener)
          logger.notice("admin listening on \(address)")
        } catch {
          failure.withLockedValue { $0 = error }
          // Without its listener the application ends.
          try? await listener.close()
        }
      }.run()
    } catch {
      throw failure.withLockedValue { $0 } ?? error
    }
    if let failure = failure.withLockedValue({ $0 }) { throw failure }
  }

  /// The application; tests send it requests without a socket.
  var application: some ApplicationProtocol {
    application(at: BindAddress(address)) { channel in
      logger.notice("admin listening on \(channel.localAddress?.url() ?? "?")")
    }
  }

  private func application(
    at address: BindAddress, whenListening: @escaping @Sendable (any Channel) async -> Void
  ) -> some ApplicationProtocol {
    // Hummingbird's own lines below a warning would repeat this one.
    var serverLogger = logger
    serverLogger.logLevel = max(logger.logLevel, .warning)
    return Application(
      router: routes.router(),
      server: .http1(configuration: .init(idleTimeout: Self.idleTimeout)),
      configuration: .init(address: address),
      onServerRunning: whenListening,
      logger: serverLogger)
  }
}

extension BindAddress {
  fileprivate init(_ address: ListenAddress) {
    switch address {
    case .tcp(let host, let port): self = .hostname(host, port: port)
    case .unix(let path): self = .unixDomainSocket(path: path)
    }
  }
}
