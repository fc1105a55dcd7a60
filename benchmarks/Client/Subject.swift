import HiredisNIO
import Histogram
import IdempotencyRedis
import NIOCore

/// What is measured beside `redis-benchmark`.
protocol Subject: Sendable {
  var name: String { get }

  /// Runs commands, so many at a time, and gives the latency of each.
  func run(operations: Int, depth: Int) async throws -> Histogram<UInt64>
}

extension Subject {
  func measure(operations: Int, depth: Int) async throws -> Sample {
    let cpu = ProcessUsage.cpuMicroseconds
    let begin = ContinuousClock.now
    let latency = try await run(operations: operations, depth: depth)
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    return Sample(
      operationsPerSecond: Double(operations) / seconds,
      cpuMicroseconds: (ProcessUsage.cpuMicroseconds - cpu) / Double(operations), latency: latency)
  }
}

/// The client's event-loop-bound face: what the hot path uses.
struct ClientSubject: Subject {
  static let name = "client"

  var name: String { Self.name }
  let client: RedisClient
  let loop: any EventLoop
  let commands: CycleCommands

  func run(operations: Int, depth: Int) async throws -> Histogram<UInt64> {
    let promise = loop.makePromise(of: Histogram<UInt64>.self)
    loop.execute {
      CycleRunner(connection: client.connection(on: loop), commands: commands, total: operations, promise: promise)
        .start(depth: depth)
    }
    return try await promise.futureResult.get()
  }
}

/// The client's async face: one task per command in flight.
struct AsyncSubject: Subject {
  let name = "client, async"
  let client: RedisClient
  let commands: CycleCommands

  func run(operations: Int, depth: Int) async throws -> Histogram<UInt64> {
    try await withThrowingTaskGroup(of: Histogram<UInt64>.self) { group in
      let run = UInt32.random(in: 0...UInt32.max)
      for task in 0..<depth {
        group.addTask { try await cycles(max(1, operations / 2 / depth), prefix: "\(run)-\(task)-") }
      }
      var all = Histogram<UInt64>.latency
      for try await one in group { all.add(one) }
      return all
    }
  }

  private func cycles(_ count: Int, prefix: String) async throws -> Histogram<UInt64> {
    var latency = Histogram<UInt64>.latency
    let commands = commands
    let reservation = ByteBuffer(string: commands.reservation)
    let completion = ByteBuffer(string: commands.completion)
    for number in 0..<count {
      let key = CycleCommands.keyPrefix + prefix + String(number)
      let begin = NIODeadline.now()
      let reserved = try await client.send { writer in
        writer.begin(7)
        writer.bulk("SET")
        writer.bulk(key)
        writer.bulk(reservation)
        writer.bulk("NX")
        writer.bulk("GET")
        writer.bulk("PX")
        writer.bulk(CycleCommands.ttl)
      }
      let middle = NIODeadline.now()
      let completed = try await client.evaluate(StoreScripts.complete, key: key, argumentCount: 4) { writer in
        writer.bulk(commands.token)
        writer.bulk(commands.deadline)
        writer.bulk(completion)
        writer.bulk(CycleCommands.ttl)
      }
      latency.record(UInt64((middle - begin).nanoseconds))
      latency.record(UInt64((NIODeadline.now() - middle).nanoseconds))
      guard reserved == .null else { throw UnexpectedReply(reply: reserved) }
      guard completed == .integer(1) else { throw UnexpectedReply(reply: completed) }
    }
    return latency
  }
}
