import Foundation
import IdempotencyTesting
import Testing

/// Wallet nodes in processes of their own around one Redis and one ledger.
final class ProcessFleet: Sendable {
  let redis: RedisServer
  /// What was really done, written by all nodes.
  let ledger: String

  private init(redis: RedisServer, ledger: String) {
    self.redis = redis
    self.ledger = ledger
  }

  /// Gives a test its Redis and ledger, and takes everything away behind it.
  ///
  /// Nodes that the test starts are killed when it lets go of them.
  static func run(_ options: RedisServer.Options = .init(), _ body: (ProcessFleet) async throws -> Void) async throws {
    let redis = try await RedisServer.start(options)
    let fleet = ProcessFleet(redis: redis, ledger: "\(redis.directory)/ledger.jsonl")
    do {
      try await body(fleet)
      await redis.stop()
    } catch {
      await redis.stop()
      throw error
    }
  }

  /// Starts nodes at once.
  func nodes(
    _ names: [String], _ change: @escaping @Sendable (inout ProcessWallet.Options) -> Void = { _ in }
  ) async throws -> [ProcessWallet] {
    try await withThrowingTaskGroup(of: ProcessWallet.self) { group in
      for name in names { group.addTask { try await self.node(name, change) } }
      var nodes: [ProcessWallet] = []
      for try await node in group { nodes.append(node) }
      return nodes.sorted { $0.name < $1.name }
    }
  }

  /// Starts a node; `change` sets what differs from the defaults.
  func node(_ name: String, _ change: (inout ProcessWallet.Options) -> Void = { _ in }) async throws -> ProcessWallet {
    var options = ProcessWallet.Options(redisPort: redis.port, ledger: ledger)
    options.name = name
    // Redis has just started: there is nothing that could have been lost.
    options.arguments = ["--settle", "0ms"]
    change(&options)
    return try await ProcessWallet.start(options)
  }

  /// One line of the ledger.
  struct Effect: Decodable, Equatable {
    let key: String?
    let attempt: Int?
    let node: String
    let time: String
  }

  /// The effects of a key, in order.
  func effects(of key: String) throws -> [Effect] {
    guard let data = FileManager.default.contents(atPath: ledger) else { return [] }
    let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
    return try lines.map { try JSONDecoder().decode(Effect.self, from: $0) }.filter { $0.key == key }
  }

  /// Waits until a key has had so many effects.
  func effect(of key: String, count: Int = 1) async throws {
    try await holds("effect \(count) of \(key)") { try effects(of: key).count >= count }
  }
}
