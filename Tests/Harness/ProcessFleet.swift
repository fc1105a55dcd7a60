import Foundation
import IdempotencyTesting
import Testing

/// Nodes in processes of their own around one Redis and one ledger.
///
/// Wallet nodes share the file that each writes its effects to; worker nodes have one scripted origin behind them, whose
/// calls are the effects.
final class ProcessFleet: Sendable {
  let redis: RedisServer
  /// What was really done, written by all nodes of the wallet.
  let ledger: String
  /// The origin of worker nodes; nil where nodes are the wallet's.
  let server: OriginServer?
  private let origin: Origin

  private init(redis: RedisServer, origin: Origin, server: OriginServer?) {
    self.redis = redis
    self.ledger = "\(redis.directory)/ledger.jsonl"
    self.origin = origin
    self.server = server
  }

  /// Gives a test its Redis and ledger, and takes everything away behind it.
  ///
  /// Nodes that the test starts are killed when it lets go of them.
  static func run(_ options: RedisServer.Options = .init(), _ body: (ProcessFleet) async throws -> Void) async throws {
    let redis = try await RedisServer.start(options)
    let origin = Origin()
    // A call is its own effect, and the answer comes after the pause that the wallet knows too.
    origin.answers { call in
      if let milliseconds = call["X-Demo-Delay-After"].flatMap(Self.milliseconds) {
        try await Task.sleep(for: .milliseconds(milliseconds))
      }
      return try await Origin.payment(call)
    }
    let server = NodeKind.current == .worker ? try await OriginServer.start(origin) : nil
    let fleet = ProcessFleet(redis: redis, origin: origin, server: server)
    do {
      try await body(fleet)
    } catch {
      server?.stop()
      await redis.stop()
      throw error
    }
    server?.stop()
    await redis.stop()
  }

  private static func milliseconds(_ text: String) -> Int? {
    if let number = Int(text.dropLast(2)), text.hasSuffix("ms") { return number }
    return Int(text.dropLast()).map { $0 * 1_000 }
  }

  /// Starts nodes at once.
  func nodes(
    _ names: [String], _ change: @escaping @Sendable (inout ProcessNode.Options) -> Void = { _ in }
  ) async throws -> [ProcessNode] {
    try await inParallel(names) { try await self.node($0, change) }
  }

  /// Starts a node; `change` sets what differs from the defaults.
  func node(_ name: String, _ change: (inout ProcessNode.Options) -> Void = { _ in }) async throws -> ProcessNode {
    var options = ProcessNode.Options(redisPort: redis.port)
    options.name = name
    change(&options)
    return try await ProcessNode.start(options, in: self)
  }

  /// One line of the ledger.
  struct Effect: Decodable, Equatable {
    let key: String?
    let attempt: Int?
  }

  /// The effects of a key, in order.
  func effects(of key: String) throws -> [Effect] {
    guard server == nil else {
      return origin.calls(key: key).map { Effect(key: $0.key, attempt: $0.attempt.flatMap { Int($0) }) }
    }
    guard let data = FileManager.default.contents(atPath: ledger) else { return [] }
    let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
    return try lines.map { try JSONDecoder().decode(Effect.self, from: $0) }.filter { $0.key == key }
  }

  /// Waits until a key has had so many effects.
  func effect(of key: String, count: Int = 1) async throws {
    try await holds("effect \(count) of \(key)") { try effects(of: key).count >= count }
  }

  /// The wall clock of the node that gave a transfer's first answer: the wallet writes it into the transfer, the worker
  /// into `Date`.
  func wallClock(in reply: Reply) throws -> Date {
    if server == nil {
      let time = try #require(try reply.json["time"]?.string, "\(reply.text)")
      return try Date(time, strategy: .iso8601)
    }
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone(identifier: "UTC")
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    return try #require(format.date(from: reply["Date"] ?? ""), "\(reply.fields)")
  }
}
