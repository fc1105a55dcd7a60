import Idempotency
import NIOCore

extension StoreConformance {
  static let unreadableCases: [Case] = [
    Case("what is no record is never treated as absent, by any operation, and never changed (X14)") { probe in
      let token = OwnerToken.random()
      for value in corrupted(probe.record(.reserved, token, lease: -1, choice: .executeAgain)) {
        try await probe.context.plant(value, under: probe.key, ttl: StoreProbe.ttl)
        for operation in probe.everyOperation(token) {
          try await probe.expect(operation, StoreReply.unreadable)
        }
        try await probe.expectTimeToLive(StoreProbe.ttl)
      }
    },
    Case("a newer version with a valid head is honoured (X14)") { probe in
      let token = OwnerToken.random()
      var newer = probe.record(.reserved, token, lease: -1, choice: .executeAgain)
      (newer.head.version, newer.head.form) = (0x32, 0x65)
      try await probe.plant(newer)
      let mine = probe.record(.reserved, .random())
      let reserve = StoreOperation.reserve(record: mine, ttl: StoreProbe.ttl)
      try await probe.expect(reserve, .record(StoredRecord(newer)))
      try await probe.expect(probe.renew(newer, to: 60_000), .applied)
      newer.head.leaseDeadline = probe.now + 60_000
      try await probe.expect(probe.reclaim(newer, by: mine), .record(StoredRecord(newer)))
      try await probe.expect(probe.complete(probe.record(.completed, token)), .applied)
    },
  ]

  /// Values that are no record: another type (nil), too short, or one field of the head wrong.
  private static func corrupted(_ record: Record) -> [ByteBuffer?] {
    let valid = Array(record.encoded().readableBytesView)
    var values: [ByteBuffer?] = [nil, ByteBuffer(), ByteBuffer(bytes: valid.prefix(RecordHead.byteCount - 1))]
    let wrong: [(offset: Int, byte: UInt8)] = [
      (0, 0x72), (0, 0x00), (1, 0x41), (32, 0x67), (33, 0x46), (64, 0x20), (65, 0x2D), (77, 0x61), (78, 0x20),
      (81, 0x2E), (82, 0x20), (82, 0x0A), (83, 0x48), (83, 0x00), (84, 0x7F), (84, 0x00),
    ]
    for (offset, byte) in wrong {
      var bytes = valid
      bytes[offset] = byte
      values.append(ByteBuffer(bytes: bytes))
    }
    return values
  }
}

extension StoreProbe {
  fileprivate func everyOperation(_ token: OwnerToken) -> [StoreOperation] {
    let mine = record(.reserved, token)
    return [
      .read, .reserve(record: mine, ttl: Self.ttl), complete(record(.completed, token)), renew(mine, to: 90_000),
      release(token), mark(record(.uncertain, token)), reclaim(mine, by: record(.reserved, .random())),
      resolve(record(.uncertain, token), to: record(.free, .random()), force: true),
    ] + RecordState.allCases.map { .putBack(record: StoredRecord(record($0, token, attempt: 9)), ttl: Self.ttl) }
  }
}
