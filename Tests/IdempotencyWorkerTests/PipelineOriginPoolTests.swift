import Idempotency
import NIOCore
import NIOPosix
import Testing

@testable import IdempotencyWorker

@Suite("The pool of connections to the origin", .timeLimit(.minutes(1)))
struct PipelineOriginPoolTests {
  /// A pool on an event loop, before a listener that takes connections and says nothing.
  final class Bench {
    let pool: OriginPool
    var taken: [OriginConnection] = []
    var failures: [String] = []
    private var waiter: (count: Int, promise: EventLoopPromise<Void>)?
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop, port: Int, connections: Int, perCaller: Int, idle: TimeAmount) {
      self.eventLoop = eventLoop
      let settings = DataPlaneSettings(
        workerID: "w", scheme: "http", headerTimeout: .seconds(1), bodyTimeout: .seconds(1), idleTimeout: .seconds(1),
        headerBytes: 32_768, trustedProxies: [], origin: OriginAddress("http://127.0.0.1:\(port)") ?? .unknown,
        originTLS: nil, originTimeout: .seconds(1), originConnections: connections,
        originConnectionsPerCaller: perCaller, originIdle: idle,
        originConnectTimeout: .seconds(1))
      pool = OriginPool(
        eventLoop: eventLoop, settings: settings, metrics: WorkerMetrics(registry: PrometheusRegistry(), version: "0"),
        flushes: FlushQueue(eventLoop: eventLoop))
    }

    func acquire(_ count: Int = 1, for holder: OriginShares.Holder = .unguarded) {
      for _ in 0..<count {
        pool.acquire(for: holder) { result in
          switch result {
          case .success(let connection): self.taken.append(connection)
          case .failure(let failure): self.failures.append(failure.reason)
          }
          if let (count, promise) = self.waiter, self.taken.count + self.failures.count >= count {
            self.waiter = nil
            promise.succeed()
          }
        }
      }
    }

    /// Completes when so many were given a connection or a failure.
    func served(_ count: Int) -> EventLoopFuture<Void> {
      if taken.count + failures.count >= count { return eventLoop.makeSucceededVoidFuture() }
      let promise = eventLoop.makePromise(of: Void.self)
      waiter = (count, promise)
      return promise.futureResult
    }
  }

  /// Runs steps on the bench's event loop, one after the other.
  struct Runner {
    let bench: NIOLoopBoundBox<Bench>

    func now<Value: Sendable>(_ step: @escaping @Sendable (Bench) -> Value) async throws -> Value {
      try await bench.eventLoop.submit { step(bench.value) }.get()
    }

    func served(_ count: Int) async throws {
      try await bench.eventLoop.flatSubmit { bench.value.served(count) }.get()
    }
  }

  func withPool(
    connections: Int = 2, perCaller: Int? = nil, idle: TimeAmount = .seconds(60), isListening: Bool = true,
    _ body: (Runner) async throws -> Void
  ) async throws {
    let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0).get()
    let port = listener.localAddress?.port ?? 0
    if !isListening { try await listener.close() }
    let bench = NIOLoopBoundBox.makeBoxSendingValue(
      Bench(eventLoop, port: port, connections: connections, perCaller: perCaller ?? connections, idle: idle),
      eventLoop: eventLoop)
    let runner = Runner(bench: bench)
    do {
      try await body(runner)
    } catch {
      Issue.record(error)
    }
    try await runner.now { bench in
      bench.pool.close()
      for connection in bench.taken { connection.close() }
    }
    if isListening { try await listener.close() }
  }

  @Test("no more connections than allowed; who waits gets the next that is free, in order")
  func bounded() async throws {
    try await withPool { runner in
      try await runner.now { $0.acquire(4) }
      try await runner.served(2)
      let counts = try await runner.now { bench in
        let before = bench.taken.count
        bench.pool.release(bench.taken[0])
        let between = bench.taken.count
        let isSame = bench.taken.last === bench.taken[0]
        bench.pool.release(bench.taken[1])
        return [before, between, isSame ? 1 : 0, bench.taken.count, bench.taken.last === bench.taken[1] ? 1 : 0]
      }
      #expect(counts == [2, 3, 1, 4, 1])
    }
  }

  @Test("the connection that was used last is used first, without another being made")
  func lastFirst() async throws {
    try await withPool { runner in
      try await runner.now { $0.acquire(2) }
      try await runner.served(2)
      let isLast = try await runner.now { bench in
        bench.pool.release(bench.taken[0])
        bench.pool.release(bench.taken[1])
        bench.acquire(2)
        return bench.taken[2] === bench.taken[1] && bench.taken[3] === bench.taken[0]
      }
      #expect(isLast)
    }
  }

  @Test("a connection that closes makes room for who waits")
  func closed() async throws {
    try await withPool(connections: 1) { runner in
      try await runner.now { $0.acquire(2) }
      try await runner.served(1)
      try await runner.now { $0.taken[0].close() }
      try await runner.served(2)
      #expect(try await runner.now { $0.taken.count == 2 && $0.taken[1] !== $0.taken[0] })
    }
  }

  @Test("as many may wait as there may be clients; who waits too long is told that nothing was sent")
  func waiting() async throws {
    try await withPool(connections: 1) { runner in
      try await runner.now { $0.acquire(1) }
      try await runner.served(1)
      let outcomes = try await runner.now { bench in
        bench.acquire(10_000)
        bench.pool.sweep(.now())
        var counts = [bench.failures.count]
        bench.acquire()
        counts.append(bench.failures.count)
        bench.pool.sweep(.now() + .seconds(2))
        return counts + [bench.failures.count, bench.taken.count]
      }
      #expect(outcomes == [0, 1, 10_001, 1])
    }
  }

  @Test("what is idle for too long is closed, by the sweep or when it would be used")
  func idle() async throws {
    try await withPool(connections: 1, idle: .nanoseconds(1)) { runner in
      try await runner.now { $0.acquire() }
      try await runner.served(1)
      try await runner.now { bench in
        bench.pool.release(bench.taken[0])
        bench.acquire()
      }
      try await runner.served(2)
      #expect(try await runner.now { $0.taken[1] !== $0.taken[0] && !$0.taken[0].isActive })
      #expect(
        try await runner.now { bench in
          bench.pool.release(bench.taken[1])
          bench.pool.sweep(.now() + .seconds(1))
          return !bench.taken[1].isActive
        })
    }
  }

  @Test("W9 a caller holds no more than its share; the others are served, and it is when it gives one back")
  func shares() async throws {
    let (alice, bob) = (
      OriginShares.Holder(guarded: CallerPlace(.known(Principal("k", "alice")))),
      OriginShares.Holder(guarded: CallerPlace(.known(Principal("k", "bob"))))
    )
    #expect(alice != bob)
    try await withPool(connections: 8, perCaller: 3) { runner in
      try await runner.now { $0.acquire(5, for: alice) }
      try await runner.served(3)
      // They came later, and need not wait for alice.
      try await runner.now { $0.acquire(3, for: bob) }
      try await runner.served(6)
      try await runner.now { $0.acquire(1, for: .guarded) }
      try await runner.served(7)
      // Seven of eight: one is kept for what is not guarded.
      try await runner.now { $0.acquire(1, for: .guarded) }
      try await runner.now { $0.acquire(1, for: .unguarded) }
      try await runner.served(8)
      let counts = try await runner.now { bench in
        var counts = [bench.taken.count]
        func release(_ holder: OriginShares.Holder) {
          if let connection = bench.taken.first(where: { $0.holder == holder }) { bench.pool.release(connection) }
          counts.append(bench.taken.count)
        }
        // Bob's goes to the one whose kind has room again, alice's to alice.
        release(bob)
        let given = bench.taken.last?.holder
        release(alice)
        release(alice)
        counts.append(given == .guarded ? 1 : 0)
        counts.append(bench.taken.suffix(2).count { $0.holder == alice })
        return counts
      }
      #expect(counts == [8, 9, 10, 11, 1, 2])
      // All that was given back is counted back: alice's are closed, and she has her whole share again.
      try await runner.now { bench in
        for connection in bench.taken where connection.holder == alice { connection.close() }
        bench.acquire(3, for: alice)
      }
      try await runner.served(14)
    }
  }

  @Test("W9 who waits for a share is served once, where the connection that is given back turns out to be dead")
  func deadConnection() async throws {
    let alice = OriginShares.Holder(guarded: CallerPlace(.known(Principal("k", "alice"))))
    // Idle for too long at once, as one is that the origin closes behind its answer.
    try await withPool(connections: 8, perCaller: 2, idle: .nanoseconds(1)) { runner in
      try await runner.now { $0.acquire(5, for: alice) }
      try await runner.served(2)
      for count in 3...5 {
        try await runner.now { bench in
          if let connection = bench.taken.first(where: { $0.isActive && $0.holder == alice }) {
            bench.pool.release(connection)
          }
        }
        try await runner.served(count)
        #expect(try await runner.now { $0.taken.count { $0.isActive && $0.holder == alice } } == 2)
      }
      #expect(try await runner.now { $0.failures.isEmpty && Set($0.taken.map(ObjectIdentifier.init)).count == 5 })
    }
  }

  @Test("W9 however many wait for one caller's share, the others' turns cost what they cost without them")
  func crowd() async throws {
    let alice = OriginShares.Holder(guarded: CallerPlace(.known(Principal("k", "alice"))))
    let bob = OriginShares.Holder(guarded: CallerPlace(.known(Principal("k", "bob"))))
    try await withPool(connections: 8, perCaller: 2) { runner in
      try await runner.now { $0.acquire(2, for: alice) }
      try await runner.served(2)
      try await runner.now { $0.acquire(1, for: bob) }
      try await runner.served(3)
      @Sendable func turns(_ bench: Bench) -> Duration {
        ContinuousClock().measure {
          for _ in 0..<500 {
            bench.pool.release(bench.taken[2])
            bench.pool.acquire(for: bob) { _ in }
          }
        }
      }
      let (alone, beside) = try await runner.now { bench in
        let alone = turns(bench)
        bench.acquire(9_999, for: alice)
        return (alone, turns(bench))
      }
      #expect(beside < alone * 10, "\(beside) and not \(alone)")
    }
  }

  @Test("W9 an eighth is kept for guarded requests")
  func kinds() async throws {
    try await withPool(connections: 8) { runner in
      try await runner.now { $0.acquire(9, for: .unguarded) }
      try await runner.served(7)
      try await runner.now { $0.acquire(1, for: .guarded) }
      try await runner.served(8)
      #expect(try await runner.now { $0.taken.count { $0.holder == .unguarded } } == 7)
    }
  }

  @Test("W9 a connection that could not be made takes no share")
  func failedShares() async throws {
    let alice = OriginShares.Holder(guarded: CallerPlace(.known(Principal("k", "alice"))))
    try await withPool(connections: 8, perCaller: 2, isListening: false) { runner in
      for round in 1...4 {
        try await runner.now { $0.acquire(2, for: alice) }
        try await runner.served(2 * round)
      }
      #expect(try await runner.now { $0.failures.allSatisfy { !$0.contains("in time") } })
    }
  }

  @Test("an origin that is not there was not reached, and everybody is told")
  func absent() async throws {
    try await withPool(isListening: false) { runner in
      try await runner.now { $0.acquire(5) }
      try await runner.served(5)
      #expect(try await runner.now { $0.failures.count == 5 && $0.taken.isEmpty })
    }
  }

  @Test("a pool that closes tells who waits")
  func stop() async throws {
    try await withPool(connections: 1) { runner in
      try await runner.now { $0.acquire(3) }
      try await runner.served(1)
      try await runner.now { $0.pool.close() }
      #expect(try await runner.now { $0.failures.count } == 2)
    }
  }
}
