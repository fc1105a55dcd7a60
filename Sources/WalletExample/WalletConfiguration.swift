import Hummingbird
import Idempotency
import Logging

/// Everything that can be set about a wallet node.
///
/// The flags of ``WalletCommand`` fill it; tests do by hand.
struct WalletConfiguration: Sendable {
  /// Where clients connect.
  var listen = BindAddress.hostname("127.0.0.1", port: 0)
  /// This node's name in answers, in the ledger and in records.
  var node = WorkerName.current
  /// Where the records stand.
  var store = Store.memory
  /// The file that all nodes write their effects to.
  var ledger: String
  /// How long every transfer and payment takes.
  var delay = Duration.zero
  /// Times, and what is decided about unknown outcomes.
  var execution = ExecutionPolicy()
  /// What the service may hold, and for how long.
  var serviceLimits = IdempotencyService.Limits()
  /// Where the node says what an operator should know.
  var logger = Logger(label: "wallet")

  /// Where the records stand.
  enum Store: Sendable {
    case memory
    /// There are none: somebody before this node keeps them.
    case unguarded
    case redis(RedisSettings)
  }

  /// How Redis is used; nil is the library's default.
  struct RedisSettings: Sendable {
    /// `redis://`, `rediss://` or `unix:`.
    var url: String
    var passwordFile: String?
    var prefix: String?
    var timeout: Duration?
    var settle: Duration?
    /// How long Redis may take to become ready when the node starts.
    var startTimeout: Duration?
  }

  /// Hummingbird's own lines below a warning would repeat this node's.
  var serverLogger: Logger {
    var logger = logger
    logger.logLevel = max(logger.logLevel, .warning)
    return logger
  }
}
