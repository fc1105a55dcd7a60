import Foundation
import Testing

@testable import IdempotencyTesting

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A wallet node in a process of its own, for the rules that only a process can break: SIGKILL, SIGSTOP, a wrong clock.
///
/// It cannot outlive the test: it is killed when this object goes, and by the kernel when the test process does.
final class ProcessWallet: Sendable {
  let name: String
  let port: Int
  private let process: ServerProcess

  /// How a node is started.
  struct Options {
    var name = "A"
    var redisPort: Int
    var ledger: String
    var lease = "1s"
    var onUnknownOutcome = "hold"
    /// More flags, as the command line takes them.
    var arguments: [String] = []
    /// More variables, such as those of libfaketime.
    var environment: [String: String] = [:]
  }

  /// Starts a node and waits until it takes requests.
  ///
  /// - Throws: ``ServerProcessError`` with the node's last lines if it ends instead.
  static func start(_ options: Options) async throws -> ProcessWallet {
    let process = try await launch(options)
    guard await process.printed("listening on") else {
      throw ServerProcessError(message: "the wallet node \(options.name) did not start:\n\(process.output)")
    }
    guard let port = listeningPort(in: process.output) else {
      throw ServerProcessError(message: "the wallet node \(options.name) does not say its port:\n\(process.output)")
    }
    if options.environment["LD_PRELOAD"] != nil { FaultWallClock.forget(process.processID) }
    return ProcessWallet(name: options.name, port: port, process: process)
  }

  /// Starts a node and does not wait for anything.
  static func launch(_ options: Options) async throws -> ServerProcess {
    let env = try #require(ChildProcess.find("env"), "env is not on PATH")
    var words = options.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    // libfaketime sets a variable as it is loaded, which moves the environment, and Swift looks for the command line
    // before it: loaded into a second `env` first, it finds its variable set and leaves everything where it is.
    if !words.isEmpty { words.append(env) }
    words.append(try executable())
    words += ["--listen", "127.0.0.1:0", "--redis", "redis://127.0.0.1:\(options.redisPort)"]
    words += ["--ledger", options.ledger, "--node", options.name]
    words += ["--lease", options.lease, "--on-unknown-outcome", options.onUnknownOutcome]
    return try await ServerProcess.start(env, words + options.arguments)
  }

  private init(name: String, port: Int, process: ServerProcess) {
    self.name = name
    self.port = port
    self.process = process
  }

  /// What it printed last.
  var output: String { process.output }

  /// Kills it with SIGKILL and returns when it is gone.
  func kill() async {
    process.signal(SIGKILL)
    await process.ended()
  }

  /// Stops it as `SIGSTOP` does; nothing in it runs on.
  func suspend() { process.signal(SIGSTOP) }

  /// Lets it go on after ``suspend()``.
  func resume() { process.signal(SIGCONT) }

  private static func listeningPort(in output: String) -> Int? {
    let line = output.split(separator: "\n").last { $0.contains("listening on") }
    guard let digits = line?.split(separator: ":").last?.prefix(while: \.isNumber) else { return nil }
    return Int(digits)
  }

  /// The executable lies beside the test bundle; which of the two names depends on whether the package names a product.
  private static func executable() throws -> String {
    let bundle =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let folders = [URL(fileURLWithPath: bundle).deletingLastPathComponent(), package.appending(path: ".build/debug")]
    for folder in folders {
      for name in ["wallet-example", "WalletExample"] {
        let path = folder.appending(path: name).path
        if FileManager.default.isExecutableFile(atPath: path) { return path }
      }
    }
    throw ServerProcessError(message: "no wallet-example beside \(bundle); swift build makes it")
  }
}

extension ProcessWallet {
  /// Asks for a transfer and waits for its answer.
  ///
  /// The key is a UUID v4; another amount makes another request. `delay` is a pause before the effect, such as `500ms`,
  /// `delayAfter` one between the effect and the answer.
  func transfer(
    _ key: String, amount: String = "100.00", delay: String? = nil, delayAfter: String? = nil
  ) async throws -> Reply {
    var fields: [Field] = [Field("Content-Type", "application/json")]
    if let delay { fields.append(Field("X-Demo-Delay", delay)) }
    if let delayAfter { fields.append(Field("X-Demo-Delay-After", delayAfter)) }
    let body = #"{"asset":"USDC","network":"polygon","amount":"\#(amount)","destination":"0xabc"}"#
    return try await send(Call("POST", "/wallets/w1/transfers", key: key, body: body, fields: fields))
  }

  /// Sends a request and waits for the whole answer.
  func send(_ call: Call) async throws -> Reply {
    try await call.send(to: "http://127.0.0.1:\(port)")
  }
}
