import Foundation
import HiredisNIO
import Idempotency
import IdempotencyRedis
import NIOCore
import ServiceLifecycle

/// Where a node's records stand, and what runs beside the server for it.
struct StoreBackend: Sendable {
  let store: any IdempotencyStore
  /// What must run for the store to answer.
  var services: [any Service] = []
  /// Returns when the store can be used; throws when it cannot.
  var waitUntilReady: @Sendable () async throws -> Void = {}
  /// Whether the store can be used now.
  var isReady: @Sendable () -> Bool = { true }
}

extension StoreBackend {
  /// The store that a configuration names; nil for none.
  /// - Throws: What is wrong with the address or the password's file. Nothing is connected yet.
  init?(_ configuration: WalletConfiguration) throws {
    switch configuration.store {
    case .unguarded: return nil
    case .memory: self.init(store: MemoryStore())
    case .redis(let settings): try self.init(settings, configuration)
    }
  }

  private init(_ settings: WalletConfiguration.RedisSettings, _ configuration: WalletConfiguration) throws {
    var redis = try RedisConfiguration(url: settings.url)
    if let file = settings.passwordFile { redis.password = try Self.password(in: file) }
    redis.clientName = "wallet-example"
    if let timeout = settings.timeout { redis.commandTimeout = TimeAmount(timeout) }
    var records = RedisStoreConfiguration(redis: redis)
    if let prefix = settings.prefix { records.prefix = prefix }
    if let settle = settings.settle { records.settle = TimeAmount(settle) }
    let store = RedisIdempotencyStore(configuration: records, logger: configuration.logger)
    self.init(
      store: store, services: [store],
      waitUntilReady: { try await store.waitUntilReady(timeout: settings.startTimeout.map { TimeAmount($0) }) },
      isReady: { store.isReady })
  }

  private static func password(in file: String) throws -> String {
    do {
      return try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .newlines)
    } catch {
      throw RedisConfigurationError(message: "the password file \(file) cannot be read")
    }
  }
}
