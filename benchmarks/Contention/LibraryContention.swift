import HiredisNIO
import Idempotency
import IdempotencyRedis
import IdempotencyTesting
import Logging
import NIOCore
import ServiceLifecycle

/// Contention over the library alone: nodes in this process, each with a store and a service of its own.
struct LibraryContention {
  let redis: RedisServer
  let settings: ContentionSettings
  private let stores: [RedisIdempotencyStore]
  private let services: [IdempotencyService]

  init(_ settings: ContentionSettings, redis: RedisServer) {
    self.settings = settings
    self.redis = redis
    var configuration = RedisStoreConfiguration(redis: redis.configuration)
    configuration.redis.commandTimeout = .seconds(5)  // Measured, not enforced: a busy machine must not end the run.
    configuration.settle = .zero  // Redis is new, and so are all of its nodes.
    // That this Redis keeps nothing on disk is known here.
    let logger = Logger(label: "benchmarks") { _ in SwiftLogNoOpLogHandler() }
    let stores = (0..<settings.workers).map { [configuration] _ in
      RedisIdempotencyStore(configuration: configuration, logger: logger)
    }
    self.stores = stores
    services = stores.map { IdempotencyService(store: $0, logger: logger) }
  }

  /// Runs a closed loop for each mix; callers wait for their result before they call again.
  func run(_ mixes: [ContentionMix], _ report: (ContentionRow) -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for store in stores {
        group.addTask { try await store.run() }
        try await store.waitUntilReady(timeout: .seconds(30))
      }
      for service in services {
        group.addTask { try await service.run() }
        while !service.isAccepting { await Task.yield() }
      }
      for mix in mixes { report(await run(mix)) }
      group.cancelAll()
      while await group.nextResult() != nil {}
    }
  }

  private func run(_ mix: ContentionMix) async -> ContentionRow {
    let order = settings.order(mix)
    let run = LibraryRun(order: order, keys: settings.keys, milliseconds: settings.operationMilliseconds)
    let before = cpu
    let begin = ContinuousClock.now
    var result = LoadResult()
    await withTaskGroup(of: LoadResult.self) { group in
      for caller in 0..<settings.connections {
        let service = services[caller % services.count]
        group.addTask { await run.call(service) }
      }
      for await one in group { result.add(one) }
    }
    result.seconds = (ContinuousClock.now - begin) / .seconds(1)
    let after = cpu
    let used = ContentionRow.CPU(
      workers: (after.workers - before.workers) / Double(order.count),
      redis: (after.redis - before.redis) / Double(order.count))
    return ContentionRow(
      .library, mix, offered: nil, order: order, result, cpu: used, effects: run.effects, most: run.mostEffects)
  }

  private var cpu: ContentionRow.CPU {
    ContentionRow.CPU(
      workers: ProcessUsage.cpuMicroseconds, redis: ProcessUsage.cpuMicroseconds(of: [redis.processID]))
  }
}
