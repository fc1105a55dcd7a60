import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

extension Fault {
  /// What stands under a key is not what workers wrote.
  static let records: [Fault] = [
    Fault(
      name: "foreign record", rules: "X14, I11",
      strike: { run in
        let values = [["LPUSH", "a"], ["HSET", "a", "b"], ["SET", "b"], ["SET", ""], ["SADD", "a"]]
        for value in values {
          let order = Order()
          let name = try await run.recordName(of: order.key)
          // A queue or a cache of somebody else's who uses the same names.
          try await run.redis.send([value[0], name] + value.dropFirst())
          try await run.unreadable(order)
          try await run.redis.command("DEL", name)
        }
      }),
    Fault(
      name: "corrupt record", rules: "X14, I11, I13",
      strike: { run in
        for damage in Damage.allCases {
          let order = Order()
          await run.customer.persist(order)
          let record = try await run.record(of: order.key)
          let whole = String(decoding: record.bytes, as: UTF8.self)
          try await run.redis.command("SET", record.key, damage.done(to: whole), "KEEPTTL")
          try await run.unreadable(order)
          try await run.redis.command("SET", record.key, whole, "KEEPTTL")
        }
      }),
    Fault(
      name: "record lost under its owner", rules: "X8, I10", choices: [.hold, .executeAgain],
      strike: { run in
        let subject = try await run.subject(at: 0, .afterEffect)
        let record = try await run.record(of: subject.order.key)
        try await run.redis.command("DEL", record.key)
        try await holds("the owner puts it back") { try await run.redis.recordIfAny(of: subject.order.key) != nil }
        guard try await run.record(of: subject.order.key).token == record.token else {
          throw HarnessError("what was put back is another's")
        }
        run.recorder.met("lost key restored")
        subject.trap.open()
        try await run.executed(subject)
      }),
  ]
}

/// How a record can be damaged.
private enum Damage: CaseIterable {
  case truncatedHead, truncatedBody, noState, noToken, noMetadata

  func done(to record: String) -> String {
    switch self {
    case .truncatedHead: String(record.prefix(RecordHead.byteCount - 1))
    case .truncatedBody: String(record.dropLast())
    case .noState: "?" + record.dropFirst()
    case .noToken: "C" + String(repeating: "-", count: 32) + record.dropFirst(33)
    case .noMetadata: record.prefix(RecordHead.byteCount) + "{\n"
    }
  }
}

extension Run {
  /// The name that a key's record will have, which its scope decides, by the records that are there.
  fileprivate func recordName(of key: String) async throws -> String {
    guard let name = try await fleet.recordNames().first, let end = name.lastIndex(of: ":") else {
      throw HarnessError("there is no record yet")
    }
    return name[...end] + key
  }

  /// Demands that every worker refuses an order and none executes it again.
  fileprivate func unreadable(_ order: Order) async throws {
    let effects = ledger.effects(of: order.key).count
    for place in fleet.workers.indices {
      guard case .answered(let answer) = await customer.ask(order, at: place), answer.status == .failed,
        answer.code == 500, answer.body.contains("record-unreadable")
      else { throw HarnessError("worker \(place) did not refuse what is no record") }
    }
    guard ledger.effects(of: order.key).count == effects else { throw HarnessError("it was executed all the same") }
    recorder.met("record unreadable")
  }
}

extension RedisServer {
  /// Sends a command of any length.
  fileprivate func send(_ words: [String]) async throws {
    switch words.count {
    case 3: try await command(words[0], words[1], words[2])
    default: try await command(words[0], words[1], words[2], words[3])
    }
  }
}
