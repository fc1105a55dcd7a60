import HiredisNIO
import IdempotencyTesting
import NIOCore
import Testing

extension RedisServer {
  /// The Redis key of a client's key that has been used; nil if there is none.
  func recordName(of key: String) async throws -> String? {
    let names = try await command("KEYS", "*:\(key)").array ?? []
    #expect(names.count <= 1, "\(key) stands under more than one Redis key")
    return names.first?.string
  }

  /// The record of a client's key; nil if there is none, or it is of another type.
  func recordIfAny(of key: String) async throws -> RedisRecord? {
    guard let name = try await recordName(of: key) else { return nil }
    return try await recordIfAny(named: name)
  }

  /// The record under a Redis key; nil if there is none, or it is of another type.
  func recordIfAny(named name: String) async throws -> RedisRecord? {
    guard let bytes = try await command("GET", name).bytes else { return nil }
    let ttl = try await command("PTTL", name).integer ?? -3
    return RedisRecord(key: name, bytes: Array(bytes.readableBytesView), ttl: ttl)
  }

  /// The record of a client's key, which must exist.
  func record(of key: String, _ location: SourceLocation = #_sourceLocation) async throws -> RedisRecord {
    let record = try await recordIfAny(of: key)
    return try #require(record, "there is no record of \(key)", sourceLocation: location)
  }

  /// Redis's own time, Unix milliseconds.
  func milliseconds() async throws -> Int64 {
    let parts = try await command("TIME").array?.compactMap { $0.string.flatMap { Int64($0) } } ?? []
    try #require(parts.count == 2)
    return parts[0] * 1_000 + parts[1] / 1_000
  }

  /// Waits until Redis's own time has passed a lease's deadline.
  func leaseIsOver(_ record: RedisRecord) async throws {
    try await holds("the lease ends") { try await milliseconds() > record.leaseDeadline }
  }

  /// The value of a field of `INFO`.
  func info(_ field: String) async throws -> String? {
    let lines = try await command("INFO").string?.split(whereSeparator: \.isNewline) ?? []
    return lines.first { $0.hasPrefix("\(field):") }.map { String($0.dropFirst(field.count + 1)) }
  }
}
