import Foundation
import Idempotency
import NIOCore
import Testing

@testable import IdempotencyTesting

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A node in a process of its own, for the rules that only a process can break: SIGKILL, SIGSTOP, a wrong clock.
///
/// Against the middleware it is a node of the wallet example, against the worker one of `idempotency-worker`.
final class ProcessNode: Sendable {
  let name: String
  let port: Int
  private let process: NodeProcess

  /// How a node is started.
  struct Options {
    var name = "A"
    var redisPort: Int
    var lease = Duration.seconds(1)
    var unknownOutcome = UnknownOutcome.hold
    /// The default of either.
    var storeTimeout = Duration.milliseconds(500)
    /// More flags for the wallet alone.
    var walletFlags: [String] = []
    /// More variables, such as those of libfaketime.
    var environment: [String: String] = [:]
  }

  /// Starts a node and waits until it takes requests.
  ///
  /// - Throws: `ServerProcessError` with the node's last lines if it ends instead.
  static func start(_ options: Options, in fleet: ProcessFleet) async throws -> ProcessNode {
    let process = try await launch(options, in: fleet)
    let port = try await process.ports(after: [fleet.server == nil ? " listening on " : "\"message\":\"listening on "])[
      0]
    if options.environment["LD_PRELOAD"] != nil { FaultWallClock.forget(process.processID) }
    return ProcessNode(name: options.name, port: port, process: process)
  }

  /// Starts a node and does not wait for anything.
  private static func launch(_ options: Options, in fleet: ProcessFleet) async throws -> NodeProcess {
    guard let server = fleet.server else {
      var words = ["--listen", "127.0.0.1:0", "--redis", "redis://127.0.0.1:\(options.redisPort)"]
      words += ["--ledger", fleet.ledger, "--node", options.name]
      words += ["--lease", options.lease.yaml, "--on-unknown-outcome", options.unknownOutcome.text]
      words += ["--store-timeout", options.storeTimeout.yaml]
      // Redis has just started: there is nothing that could have been lost.
      words += ["--settle", "0ms"] + options.walletFlags
      return try await NodeProcess(["wallet-example", "WalletExample"], words, environment: options.environment)
    }
    let policy = IdempotencyPolicy.payments(
      "wallet-transfers", methods: ["POST"], path: "/wallets/{walletId}/transfers", lease: options.lease,
      retention: .seconds(24 * 3_600)
    ) {
      $0.execution.unknownOutcome = options.unknownOutcome
      $0.execution.originTimeout = .seconds(90)
    }
    var cluster = ClusterOptions(policies: [policy])
    cluster.storeTimeout = TimeAmount(options.storeTimeout)
    let file = WorkerConfigurationFile(
      options: cluster, redisPort: options.redisPort, prefix: "idem", originPort: server.port, workerID: options.name)
    return try await WorkerNode.launch(file, environment: options.environment)
  }

  private init(name: String, port: Int, process: NodeProcess) {
    self.name = name
    self.port = port
    self.process = process
  }

  /// The lines of its log of one level that contain a text.
  func log(_ level: String, _ text: String) -> [Substring] {
    process.output.split(separator: "\n").filter { line in
      (line.contains(" \(level) ") || line.contains("\"level\":\"\(level)\"")) && line.contains(text)
    }
  }

  /// Kills it with SIGKILL and returns when it is gone.
  func kill() async { await process.kill() }

  /// Stops it as `SIGSTOP` does; nothing in it runs on when this has returned.
  func suspend() async throws { try await process.suspend() }

  /// Lets it go on after ``suspend()``.
  func resume() { process.signal(SIGCONT) }

  /// Asks it to stop, as an orchestrator does; ``ended()`` waits for that.
  func terminate() { process.signal(SIGTERM) }

  /// Waits for its end.
  ///
  /// - Returns: Its exit status.
  func ended() async -> Int32 { await process.ended() }
}

extension ProcessNode {
  /// Asks for a transfer and waits for its answer.
  ///
  /// The key is a UUID v4; another amount makes another request. `delayAfter` is a pause between the effect and the
  /// answer, such as `500ms`.
  func transfer(_ key: String, amount: String = "100.00", delayAfter: String? = nil) async throws -> Reply {
    var fields: [Field] = [Field("Content-Type", "application/json")]
    if let delayAfter { fields.append(Field("X-Demo-Delay-After", delayAfter)) }
    let body = #"{"asset":"USDC","network":"polygon","amount":"\#(amount)","destination":"0xabc"}"#
    return try await send(Call("POST", "/wallets/w1/transfers", key: key, body: body, fields: fields))
  }

  /// Sends a request and waits for the whole answer.
  func send(_ call: Call) async throws -> Reply {
    try await call.send(to: "http://127.0.0.1:\(port)")
  }
}
