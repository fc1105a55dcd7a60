import HiredisNIO
import IdempotencyTesting
import NIOCore

@testable import Idempotency
@testable import IdempotencyRedis

/// What a store is asked, and what a server that is none may say.
extension SeededRandom {
  static let key = RecordKey(unchecked: "fuzz", scope: "-", clientKey: "k")
  static let token = OwnerToken(high: 1, low: 1)

  mutating func operation() -> StoreOperation {
    let record = record()
    let (ttl, other) = (integer(), integer())
    return pick([
      .reserve(record: record, ttl: ttl), .read,
      .complete(token: Self.token, ownDeadline: other, record: record, ttl: ttl),
      .renew(token: Self.token, deadline: other, record: record, ttl: ttl),
      .release(token: Self.token, expected: nil, tainted: true, record: record, ttl: ttl, shortTTL: other),
      .markUncertain(token: Self.token, record: record, ttl: ttl),
      .reclaim(
        expected: Self.token, expectedState: .free, record: record, ttl: ttl, uncertainTTL: other, lost: nil),
      .putBack(record: StoredRecord(record), ttl: ttl),
      .resolve(
        token: Self.token, attempt: Int(other), newToken: Self.token, record: record, ttl: ttl, wait: other,
        force: false),
    ])
  }

  /// Any reply, most of them nearly one of the protocol's.
  mutating func storeReply() -> RESPValue {
    switch below(10) {
    case 0: reply(depth: 4).value
    case 1, 2: .integer(chance(50) ? Int64(below(11)) : integer())
    case 3: .bulkString(extremeRecord())
    case 4: .bulkString(ByteBuffer(string: "SECRET " + digits()))
    case 5: .array([.integer(Int64(below(10))), .bulkString(extremeRecord())])
    case 6: .array([.integer(1), .integer(chance(50) ? Int64(below(10_001)) : integer())])
    case 7: .error(RedisServerError(code: pick(["WRONGTYPE", "OOM", "ERR", "READONLY", "", "SECRET"]), message: "no"))
    case 8: .array([.integer(integer()), reply(depth: 2).value])
    default: pick([.null, .array([]), .simpleString("OK"), .simpleString("SECRET"), .array([.null])])
    }
  }

  /// A reply that the command has.
  mutating func usualReply(to kind: StoreOperation.Kind) -> RESPValue {
    switch kind {
    case .reserve, .read: chance(60) ? .null : .bulkString(extremeRecord())
    case .reclaim:
      chance(60) ? .array([.integer(1), .integer(2)]) : .array([.integer(4), .bulkString(extremeRecord())])
    default: .integer(Int64(below(4)))
    }
  }

  /// A number as digits, of any length.
  mutating func digits() -> String {
    if chance(40) { return "\(below(2) == 0 ? 1_700_000_000 : below(1_000_000))" }
    return chance(80)
      ? String((0..<(1 + below(22))).map { _ in Character(String(below(10))) }) : "\(integer())"
  }

  /// A record whose head and line hold the largest and smallest numbers that can be written.
  mutating func extremeRecord() -> ByteBuffer {
    var head = recordHead()
    if chance(80) { (head.version, head.form) = (RecordHead.currentVersion, RecordHead.plain) }
    if chance(50) { head.fingerprint = .any }
    if chance(30) { head.token = Self.token }
    var bytes = ByteBuffer()
    head.leaseDeadline = pick([0, 1_700_000_000_000, 9_999_999_999_999])
    head.attempt = pick([0, 1, 9_998, 9_999])
    head.write(into: &bytes)
    let numbers = (0..<4).map { _ in chance(50) ? "\(integer())" : digits() }
    bytes.writeString(
      "{\"w\":\"w\",\"a\":\(numbers[0]),\"c\":\(numbers[1]),\"s\":\(chance(70) ? "200" : digits()),\"o\":\(numbers[2]),"
        + "\"l\":\(numbers[3]),\"n\":\(chance(70) ? "3" : "\(integer())")}\nabc")
    return bytes
  }
}
