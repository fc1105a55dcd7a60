import HiredisNIO
import IdempotencyTesting
import NIOCore

/// A record as it stands in Redis, read without the library: by the byte table of DESIGN.md.
struct RedisRecord: Sendable, Hashable {
  /// Its whole Redis key.
  let key: String
  let bytes: [UInt8]
  /// Milliseconds it still stands.
  let ttl: Int64

  var state: String { text(0...0) }
  var token: String { text(1...32) }
  var fingerprint: String { text(33...64) }
  var leaseDeadline: Int64 { Int64(text(65...77)) ?? -1 }
  var attempt: Int { Int(text(78...81)) ?? -1 }

  private func text(_ range: ClosedRange<Int>) -> String {
    bytes.count > range.upperBound ? String(decoding: bytes[range], as: UTF8.self) : ""
  }
}

/// Nodes whose records stand in one Redis, under a prefix that is theirs alone.
protocol RecordKeeper {
  var redis: RedisServer { get }
  var prefix: String { get }
}

extension RecordKeeper {
  /// Every record of these nodes.
  func records() async throws -> [RedisRecord] {
    let keys = try await redis.command("KEYS", "\(prefix):*").array ?? []
    var records: [RedisRecord] = []
    for key in keys.compactMap(\.string) where key != "\(prefix):meta" {
      guard let bytes = try await redis.command("GET", key).bytes else { continue }
      let ttl = try await redis.command("PTTL", key).integer ?? -3
      records.append(RedisRecord(key: key, bytes: Array(bytes.readableBytesView), ttl: ttl))
    }
    return records
  }

  /// The record, where a test has used one key.
  func record() async throws -> RedisRecord {
    let records = try await records()
    guard records.count == 1, let record = records.first else {
      throw HarnessError("expected one record, found \(records.map(\.key))")
    }
    return record
  }

  /// Waits until a record is so, by polling, because Redis tells nobody else.
  @discardableResult
  func record(where holds: (RedisRecord) -> Bool) async throws -> RedisRecord {
    try await eventually { try await self.records().first(where: holds) }
  }
}

extension RecordKeeper {
  /// The time in Redis, in milliseconds.
  func redisTime() async throws -> Int64 {
    let parts = try await redis.command("TIME").array?.compactMap { $0.string.flatMap { Int64($0) } } ?? []
    guard parts.count == 2 else { throw HarnessError("TIME has no two numbers") }
    return parts[0] * 1_000 + parts[1] / 1_000
  }
}

struct HarnessError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Asks again and again until there is a value, for what announces itself to nobody: time that passes in Redis.
@discardableResult
func eventually<Value>(
  within limit: Duration = .seconds(60), _ value: () async throws -> Value?
) async throws -> Value {
  let deadline = ContinuousClock.now + limit
  while true {
    if let value = try await value() { return value }
    if ContinuousClock.now > deadline { throw HarnessError("it did not happen within \(limit)") }
    try await Task.sleep(for: .milliseconds(5))
  }
}
