import HiredisNIO
import IdempotencyTesting
import Synchronization
@testable import Harness

/// Worker processes around one Redis and one scripted origin, each worker behind a proxy of its own towards Redis.
final class Fleet: RecordKeeper, Sendable {
  let options: FleetOptions
  let redis: RedisServer
  /// Another primary, which has nothing; nil where no fault needs one.
  let other: RedisServer?
  /// By which Redis goes; nil where no fault steps it.
  let clock: FaultRedisClock?
  /// What every key begins with.
  let prefix = "chaos"
  /// Towards Redis, in the workers' order.
  let proxies: [FaultProxy]
  private let origin: Origin
  private let server: OriginServer
  private let state = Mutex(State())

  private struct State {
    var workers: [FleetWorker] = []
    /// How many have ever been started.
    var started = 0
  }

  private init(
    options: FleetOptions, redis: RedisServer, other: RedisServer?, clock: FaultRedisClock?, proxies: [FaultProxy],
    origin: Origin, server: OriginServer
  ) {
    self.options = options
    self.redis = redis
    self.other = other
    self.clock = clock
    self.proxies = proxies
    self.origin = origin
    self.server = server
  }

  /// Gives `body` a fleet and takes everything away behind it.
  static func run<Result>(_ options: FleetOptions, _ body: (Fleet) async throws -> Result) async throws -> Result {
    let clock = options.stepsRedisClock ? try await FaultRedisClock.make() : nil
    let redis = try await RedisServer.start(options.server(clock))
    let other = options.hasOtherRedis ? try await RedisServer.start(options.server(nil)) : nil
    let origin = Origin()
    let server = try await OriginServer.start(origin)
    var proxies: [FaultProxy] = []
    for place in 0..<options.workers {
      proxies.append(
        options.transport == .unixSocket
          ? try await FaultProxy.start(unixSocket: "\(redis.directory)/proxy-\(place).sock", to: redis.unixSocketPath)
          : try await FaultProxy.start(port: redis.port))
    }
    let fleet = Fleet(
      options: options, redis: redis, other: other, clock: clock, proxies: proxies, origin: origin, server: server)
    let outcome: Swift.Result<Result, any Error>
    do {
      outcome = .success(
        try await withTaskCancellationHandler {
          try await fleet.startAll()
          let result = try await body(fleet)
          for worker in fleet.workers where worker.exitStatus == nil { try await worker.stop() }
          return result
        } onCancel: {
          fleet.abort()
        })
    } catch {
      fleet.abort()
      outcome = .failure(error)
    }
    server.stop()
    for proxy in proxies { await proxy.stop() }
    await redis.stop()
    await other?.stop()
    return try outcome.get()
  }

  /// The workers; dead ones stay in their place until another takes it.
  var workers: [FleetWorker] { state.withLock { $0.workers } }

  /// From now on the origin answers so.
  func originAnswers(_ script: @escaping Origin.Script) { origin.answers(script) }

  private func startAll() async throws {
    let workers = try await inParallel(0..<options.workers) { try await self.start($0) }
    state.withLock { $0.workers = workers }
  }

  private func start(_ place: Int) async throws -> FleetWorker {
    try await start(options, redis: proxies[place].address)
  }

  /// Starts a worker that is none of the fleet's own, with options and an environment that may differ from theirs.
  func start(
    _ options: FleetOptions, redis address: RedisConfiguration.Address, environment: [String: String] = [:]
  ) async throws -> FleetWorker {
    let number = state.withLock { state in
      state.started += 1
      return state.started
    }
    var file = WorkerConfigurationFile(
      options: try options.cluster(), redisPort: redis.port, prefix: prefix, originPort: server.port,
      workerID: "worker-\(number)")
    file.redisURL =
      switch address {
      case .tcp(let host, let port): "\(options.transport == .tls ? "rediss" : "redis")://\(host):\(port)/0"
      case .unix(let path): "unix:\(path)"
      }
    file.redisCertificateFile = redis.certificateFile
    return try await FleetWorker.start(file, environment: environment)
  }

  /// Starts another worker in the place of one that is gone or going.
  @discardableResult
  func replace(_ place: Int) async throws -> FleetWorker {
    let worker = try await start(place)
    state.withLock { $0.workers[place] = worker }
    return worker
  }

  /// Starts another worker in the place of every one that is gone.
  func replaceDead() async throws {
    for (place, worker) in workers.enumerated() where worker.exitStatus != nil { try await replace(place) }
  }

  /// The names of all records.
  func recordNames() async throws -> [String] {
    let names = try await redis.command("KEYS", "\(prefix):*").array ?? []
    return names.compactMap(\.string).filter { $0 != "\(prefix):meta" }
  }

  private func abort() {
    for worker in workers { worker.abort() }
  }
}
