import HiredisNIO
import Histogram
import IdempotencyRedis
import NIOCore

/// Keeps a number of cycles in flight on one connection, on its event loop, until enough commands are done.
final class CycleRunner {
  private let connection: RedisConnection
  private let script: RedisScript
  private let reservation: ByteBuffer
  private let completion: ByteBuffer
  private let commands: CycleCommands
  private let total: Int
  private let promise: EventLoopPromise<Histogram<UInt64>>
  private var latency = Histogram<UInt64>.latency
  private var started = 0
  private var ended = 0
  private var failure: (any Error)?
  private let run: UInt32

  init(
    connection: RedisConnection, commands: CycleCommands, total: Int, promise: EventLoopPromise<Histogram<UInt64>>
  ) {
    self.connection = connection
    self.script = StoreScripts.complete
    self.commands = commands
    self.reservation = ByteBuffer(string: commands.reservation)
    self.completion = ByteBuffer(string: commands.completion)
    self.total = total
    self.promise = promise
    self.run = .random(in: 0...UInt32.max)
  }

  func start(depth: Int) {
    for _ in 0..<depth { next() }
  }

  private func next() {
    guard started < total else { return }
    started += 2
    let key = CycleCommands.keyPrefix + String(run) + String(started)
    let begin = NIODeadline.now()
    connection.send { writer in
      writer.begin(7)
      writer.bulk("SET")
      writer.bulk(key)
      writer.bulk(self.reservation)
      writer.bulk("NX")
      writer.bulk("GET")
      writer.bulk("PX")
      writer.bulk(CycleCommands.ttl)
    } then: { result in
      self.record(begin, result, expected: .null)
      self.complete(key)
    }
  }

  private func complete(_ key: String) {
    let begin = NIODeadline.now()
    connection.evaluate(script, key: key, argumentCount: 4) { writer in
      writer.bulk(self.commands.token)
      writer.bulk(self.commands.deadline)
      writer.bulk(self.completion)
      writer.bulk(CycleCommands.ttl)
    } then: { result in
      self.record(begin, result, expected: .integer(1))
      if self.ended >= self.total {
        self.finish()
      } else {
        self.next()
      }
    }
  }

  private func record(_ begin: NIODeadline, _ result: Result<RESPValue, RedisError>, expected: RESPValue) {
    ended += 1
    latency.record(UInt64((NIODeadline.now() - begin).nanoseconds))
    switch result {
    case .success(expected): break
    case .success(let other): failure = failure ?? UnexpectedReply(reply: other)
    case .failure(let error): failure = failure ?? error
    }
  }

  private func finish() {
    guard ended == started else { return }
    if let failure { promise.fail(failure) } else { promise.succeed(latency) }
  }
}

/// A reply that no measured command should get: the figures would be of something else.
struct UnexpectedReply: Error {
  let reply: RESPValue
}
