import ArgumentParser
import Hummingbird
import Idempotency
import Logging

/// A node of a small wallet API whose transfers have their effect at most once.
@main
struct WalletCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wallet-example",
    abstract: "A node of a small wallet API whose transfers have their effect at most once.",
    discussion: """
      POST /wallets/{walletId}/transfers takes an Idempotency-Key, POST /payments does not.
      GET /ledger counts what was really done. Durations: 500ms, 30s, 5m, 24h, 7d.
      """)

  @Option(help: "Where clients connect: host:port, [ipv6]:port or unix:/path. Port 0 is any free one.")
  var listen = "127.0.0.1:8080"
  @Option(help: ArgumentHelp("The Redis of all nodes: redis://host:port, rediss://… or unix:/path.", valueName: "url"))
  var redis: String?
  @Flag(help: "Keep records in this process's memory instead: one node, nothing shared.")
  var memory = false
  @Flag(help: "Keep none: transfers run whenever they are asked for, as behind idempotency-worker.")
  var unguarded = false
  @Option(help: ArgumentHelp("The file that all nodes write their effects to.", valueName: "file"))
  var ledger = "ledger.jsonl"
  @Option(help: "This node's name. (default: host name and process id)")
  var node: String?
  @Option(help: "How long every transfer and payment takes.", transform: Self.duration)
  var delay = Duration.zero
  @Option(help: "The least severe lines to log: trace, debug, info, notice, warning, error.")
  var logLevel = "info"
  @OptionGroup(title: "Policy") var policy: PolicyOptions
  @OptionGroup(title: "Store") var store: StoreOptions

  func validate() throws {
    if [redis != nil, memory, unguarded].count(where: { $0 }) != 1 {
      throw ValidationError("Say one of --redis URL, --memory and --unguarded.")
    }
    if BindAddress(argument: listen) == nil {
      throw ValidationError("--listen takes host:port, [ipv6]:port or unix:/path, not '\(listen)'.")
    }
    if Logger.Level(rawValue: logLevel) == nil { throw ValidationError("There is no log level '\(logLevel)'.") }
  }

  func run() async throws {
    LoggingSystem.bootstrap(StreamLogHandler.standardError)
    let configuration = walletConfiguration
    do {
      try await buildApplication(configuration).runService()
    } catch {
      configuration.logger.critical("the node stops: \(error)", metadata: ["node": "\(configuration.node)"])
      throw ExitCode.failure
    }
  }

  private var walletConfiguration: WalletConfiguration {
    var configuration = WalletConfiguration(ledger: ledger)
    if let address = BindAddress(argument: listen) { configuration.listen = address }
    if let node { configuration.node = node }
    if let redis { configuration.store = .redis(store.settings(url: redis)) }
    if unguarded { configuration.store = .unguarded }
    configuration.delay = delay
    configuration.execution = policy.execution
    configuration.serviceLimits.drainTimeout = policy.drainTimeout
    if let level = Logger.Level(rawValue: logLevel) { configuration.logger.logLevel = level }
    return configuration
  }

  /// Reads a duration for an option.
  static func duration(_ text: String) throws -> Duration {
    guard let duration = Duration(argument: text) else {
      throw ValidationError("'\(text)' is no duration: write 500ms, 30s, 5m, 24h or 7d.")
    }
    return duration
  }

  /// Reads a prefix for an option.
  static func prefix(_ text: String) throws -> String {
    guard RecordKey.isName(text) else {
      throw ValidationError("'\(text)' is no prefix: write 1 to 64 of A-Z a-z 0-9 . _ -")
    }
    return text
  }
}
