import Foundation
import IdempotencyTesting
import NIOCore
import NIOSSL
import Testing
@testable import Harness

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A process of `idempotency-worker` with a ``RawOrigin`` behind it.
///
/// POST and PATCH of `/pay` are guarded, everything else is not.
final class ProxyWorker: Sendable {
  let address: SocketAddress
  let origin: RawOrigin
  /// For health and metrics; 0 where it was not asked for.
  let adminPort: Int
  private let process: NodeProcess

  /// How a worker is started.
  struct Options: Sendable {
    /// Flags beside the configuration file, such as `--origin-timeout`.
    var flags: [String] = []
    /// The port of Redis; nil keeps records in memory.
    var redisPort: Int?
    /// More lines of the policy.
    var policy: [String] = []
    var hasAdmin = false
    var listen = "127.0.0.1:0"
    /// `https` needs the flags for TLS to the origin.
    var originScheme = "http"
  }

  private init(address: SocketAddress, adminPort: Int, origin: RawOrigin, process: NodeProcess) {
    self.address = address
    self.adminPort = adminPort
    self.origin = origin
    self.process = process
  }

  /// Starts a worker before an origin, gives both to a test, and takes them away behind it.
  static func run(
    _ origin: RawOrigin, _ options: Options = Options(), _ body: (ProxyWorker) async throws -> Void
  ) async throws {
    do {
      try await Slots.withSlot {
        let worker = try await start(origin, options)
        try await body(worker)
        let status = worker.process.exitStatus
        #expect(status == nil, "the worker ended: \(worker.process.output)")
        await worker.process.kill()
      }
      await origin.stop()
    } catch {
      await origin.stop()
      throw error
    }
  }

  /// The same with flags alone, and an origin that answers every request as told.
  static func run(
    flags: [String] = [], answers answer: @escaping @Sendable (WireRequest) -> String = { _ in .answer() },
    _ body: (ProxyWorker) async throws -> Void
  ) async throws {
    try await run(try await RawOrigin.start(RawOrigin.answering(answer)), Options(flags: flags), body)
  }

  /// The same with an origin of one's own script.
  static func run(
    flags: [String] = [], script: @escaping RawOrigin.Script, _ body: (ProxyWorker) async throws -> Void
  ) async throws {
    try await run(try await RawOrigin.start(script), Options(flags: flags), body)
  }

  private static func start(_ origin: RawOrigin, _ options: Options) async throws -> ProxyWorker {
    let directory = "/tmp/proxy-\(UInt32.random(in: 0...UInt32.max))"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    let store = options.redisPort.map { "{ redis: redis://127.0.0.1:\($0)/0, settle: 0ms }" } ?? "{ memory: {} }"
    let lines =
      [
        "listen: \"\(options.listen)\"", "admin: \(options.hasAdmin ? "127.0.0.1:0" : "off")",
        "origin: \(options.originScheme)://127.0.0.1:\(origin.port)", "store: \(store)",
        "principal: { headers: [x-api-key], missing: shared }", "logging: { level: notice }", "policies:",
        "- name: pay",
        "  match: { methods: [POST, PATCH], path: /pay }",
      ] + options.policy.map { "  " + $0 }
    try (lines.joined(separator: "\n") + "\n").write(
      toFile: "\(directory)/worker.yaml", atomically: false, encoding: .utf8)
    let process = try await NodeProcess(
      ["idempotency-worker", "IdempotencyWorker"], ["--config", "\(directory)/worker.yaml"] + options.flags,
      directory: directory)
    let text = "\"message\":\"listening on "
    let line = try await process.line(with: text)
    let url = line[(line.range(of: text)?.upperBound ?? line.startIndex)...].prefix { $0 != "\"" }
    let adminPort = options.hasAdmin ? try await process.ports(after: ["\"message\":\"admin listening on "])[0] : 0
    return ProxyWorker(
      address: try Self.address(url, listen: options.listen), adminPort: adminPort, origin: origin, process: process)
  }

  private static func address(_ url: Substring, listen: String) throws -> SocketAddress {
    if listen.hasPrefix("unix:") { return try SocketAddress(unixDomainSocketPath: String(listen.dropFirst(5))) }
    let port = try #require(url.split(separator: ":").last.flatMap { Int($0) }, "no port in \(url)")
    return try SocketAddress(ipAddress: url.contains("[::1]") ? "::1" : "127.0.0.1", port: port)
  }

  /// What it logged last.
  var output: String { process.output }

  /// Opens a connection to it.
  func open(tls: NIOSSLContext? = nil, receiveBuffer: Int? = nil) async throws -> Wire {
    try await Wire.open(to: address, tls: tls, receiveBuffer: receiveBuffer)
  }

  /// Gives a test a connection, and closes it behind it.
  func connection<Result>(_ body: (Wire) async throws -> Result) async throws -> Result {
    let wire = try await open()
    do {
      let result = try await body(wire)
      await wire.close()
      return result
    } catch {
      await wire.close()
      throw error
    }
  }

  /// Sends a request on a connection of its own and waits for its answer.
  func send(_ request: String) async throws -> WireAnswer {
    try await send(Array(request.utf8))
  }

  func send(_ request: [UInt8]) async throws -> WireAnswer {
    try await connection { wire in
      try await wire.send(request)
      return try await wire.answer(toHead: request.starts(with: "HEAD ".utf8))
    }
  }

  /// A series of its metrics without labels, which its admin listener shows.
  func metric(_ name: String) async throws -> Int {
    let text = try await Call("GET", "/metrics", caller: nil).send(to: "http://127.0.0.1:\(adminPort)").text
    let line = text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
    return try #require(line?.split(separator: " ").last.flatMap { Double($0) }.map { Int($0) }, "no \(name)")
  }

  /// Stops it as SIGSTOP does; nothing in it runs on before ``resume()``.
  func suspend() async throws { try await process.suspend() }

  func resume() { process.signal(SIGCONT) }

  /// How much memory it uses, in bytes; nil where the system does not say.
  var residentBytes: Int? {
    guard let text = try? String(contentsOfFile: "/proc/\(process.processID)/status", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") })
    else { return nil }
    return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
  }
}
