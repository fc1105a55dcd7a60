import HiredisNIO
import Idempotency
import IdempotencyTesting
import NIOCore
import Testing
@testable import Harness

extension Fault {
  /// Another data set is behind the same address.
  static let primaries: [Fault] = [
    // Two primaries are two truths. Whenever the address rests on one of them for longer than `settle`, what was reserved
    // or acknowledged in the window before the last contact with the other is not executed again: so far without a
    // counter-example. But a worker that never left the one may contradict an answer that was given over the other.
    Fault(
      name: "an address that flaps between two primaries", rules: "X8, I1, I2, I13", choices: [.hold, .executeAgain],
      wait: .seconds(6), isPromised: false, needsOwnFleet: true,
      options: { options in
        outlasting(.seconds(20), &options)
        options.hasOtherRedis = true
      },
      strike: { run in
        guard let other = run.fleet.other else { return }
        let subject = try await run.subject(at: 0, .afterEffect)
        let done = try await run.acknowledge(20)
        let gone = run.forgetEarlier(than: Instant.now)
        // As when an endpoint changes: one of each worker's connections after the other comes to the new one.
        try await run.flap(to: other)
        try await run.decided(subject.order, at: run.fleet.workers.indices)
        let more = try await run.contested(30)
        try await run.replayed(done.filter { !gone.contains($0.key) })
        let last = try await run.acknowledge(10)
        // What stood here when the address left stands here again.
        let head = try await run.record(of: subject.order.key).bytes
        let early = run.forgetEarlier(than: Instant.now, standing: RecordHead(bytes: ByteBuffer(bytes: head)))
        for step in 0..<20 {
          try await run.flap(to: step % 2 == 0 ? run.redis : other)
          try await Task.sleep(for: .milliseconds(150))
        }
        try await run.flap(to: run.redis)
        try await run.decided(subject.order, at: run.fleet.workers.indices)
        subject.trap.open()
        try await run.replayed((more + last).filter { !early.contains($0.key) })
        _ = try await run.contested(30)
      }),
    Fault(
      name: "REPLICAOF an empty primary and back", rules: "X8, X12, I1, I13", choices: [.hold, .executeAgain],
      wait: .seconds(2), needsOwnFleet: true,
      options: { options in
        outlasting(.seconds(5), &options)
        options.hasOtherRedis = true
        options.redis.extraArguments += ["--repl-diskless-sync-delay", "0"]
      },
      strike: { run in
        guard let other = run.fleet.other else { return }
        let subject = try await run.subject(at: 1, .afterEffect)
        let done = try await run.acknowledge(20)
        run.forgetEarlier(than: Instant.now)
        let connections = await run.fleet.proxies[0].connectionCount
        try await run.redis.command("REPLICAOF", "127.0.0.1", "\(other.port)")
        try await run.doubted()
        try await holds("it has taken over the other's data") {
          guard try await run.redis.info("master_link_status") == "up" else { return false }
          return try await run.fleet.recordNames().isEmpty
        }
        try await run.redis.command("REPLICAOF", "NO", "ONE")
        if await run.fleet.proxies[0].connectionCount == connections { run.recorder.met("no new connection") }
        try await run.decided(subject.order, at: run.fleet.workers.indices)
        subject.trap.open()
        try await run.replayed(done)
      }),
  ]
}

extension Run {
  /// Has every worker's oldest connection end, and new ones come to this server.
  fileprivate func flap(to server: RedisServer) async throws {
    for proxy in fleet.proxies {
      await proxy.connects(to: .tcp(host: "127.0.0.1", port: server.port))
      await proxy.cutOldest()
    }
  }

  /// Sends every worker orders until Redis has refused one of its writes as a replica does.
  ///
  /// A worker that writes nothing meanwhile notices within a second only that the data is another's, and nothing is
  /// promised of what it is asked before (RELIABILITY).
  fileprivate func doubted() async throws {
    let customer = customer
    let workers = fleet.workers
    _ = try await inParallel(workers.indices) { place in
      try await eventually {
        if workers[place].lineCount(with: "Redis refuses writes as a replica does") > 0 { return true }
        _ = await customer.ask(Order(), at: place)
        return nil
      }
    }
  }

  /// Has fresh orders done that come to every worker at once, and twice: over any of its loops.
  fileprivate func contested(_ count: Int) async throws -> [Order] {
    let customer = customer
    let places = fleet.workers.indices
    return try await inParallel(0..<count) { _ in
      let order = Order()
      _ = try await inParallel(places.map { $0 } + places) { await customer.persist(order, from: $0) }
      return order
    }
  }
}
