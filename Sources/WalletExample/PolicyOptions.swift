import ArgumentParser
import Idempotency

/// The settings of the policy `wallet-transfers`.
struct PolicyOptions: ParsableArguments {
  @Option(help: "How long a node that died keeps its keys. (default: 30s)", transform: WalletCommand.duration)
  var lease = ExecutionPolicy().lease
  @Option(help: "How long an answer is replayed. (default: 24h)", transform: WalletCommand.duration)
  var retention = ExecutionPolicy().retention
  @Option(help: "What becomes of a key whose outcome nobody knows.")
  var onUnknownOutcome = UnknownOutcomeChoice.hold
  @Option(help: "What another request with a used key gets: 422, or the first answer.")
  var onMismatch = MismatchChoice.reject
  @Option(
    help: "How long running transfers are waited for at SIGTERM. (default: 35s)", transform: WalletCommand.duration)
  var drainTimeout = IdempotencyService.Limits().drainTimeout

  enum UnknownOutcomeChoice: String, ExpressibleByArgument, CaseIterable {
    case hold, store
    case executeAgain = "execute-again"
  }

  enum MismatchChoice: String, ExpressibleByArgument, CaseIterable {
    case reject, replay
  }

  /// The policy's times and decisions.
  var execution: ExecutionPolicy {
    var execution = ExecutionPolicy()
    execution.lease = lease
    execution.retention = retention
    execution.unknownOutcome =
      switch onUnknownOutcome {
      case .hold: .hold
      case .store: .store
      case .executeAgain: .executeAgain
      }
    execution.onMismatch =
      switch onMismatch {
      case .reject: .reject
      case .replay: .replay
      }
    return execution
  }
}
