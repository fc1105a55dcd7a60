import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

/// The worker's version.
let workerVersion = "0.1.0"

/// `idempotency-worker`: idempotency in front of any HTTP API.
@main
enum IdempotencyWorker {
  static func main() async {
    do {
      switch try CommandLineRequest.parse(
        arguments: CommandLine.arguments, environment: ProcessInfo.processInfo.environment)
      {
      case .help(let text): print(text)
      case .version: print("idempotency-worker \(workerVersion)")
      case .check(let source): check(source)
      case .run(let source): try await run(source)
      }
    } catch let errors as ConfigurationErrors {
      stop(errors.description)
    } catch {
      say("idempotency-worker: \(error)")
      exit(1)
    }
  }

  private static func check(_ source: ConfigurationSource) {
    let check = ConfigurationCheck(source)
    print(check.output, terminator: "")
    FileHandle.standardError.write(Data(check.errors.utf8))
    exit(check.exitCode)
  }

  private static func run(_ source: ConfigurationSource) async throws {
    let configuration = try WorkerConfiguration.load(source)
    let unavailable = configuration.unavailableFeatures
    guard unavailable.isEmpty else { stop(unavailable.joined(separator: "\n")) }
    LoggingSystem.bootstrap { label in
      var handler: any LogHandler =
        configuration.logging.format == .json
        ? JSONLogHandler(label: label) : StreamLogHandler.standardError(label: label)
      handler.logLevel = configuration.logging.level
      return handler
    }
    let logger = Logger(label: "idempotency-worker")
    let services = try await buildServices(configuration, source: source, logger: logger)
    // What the group itself says about starting and stopping is for those who debug it.
    var groupLogger = logger
    groupLogger.logLevel = max(logger.logLevel, .warning)
    try await ServiceGroup(
      configuration: .init(
        services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: groupLogger
      )
    ).run()
  }

  private static func stop(_ text: String) -> Never {
    say(text)
    exit(CommandLineRequest.unusable)
  }

  private static func say(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }
}
