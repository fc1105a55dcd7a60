import Idempotency
import NIOCore

extension StoreConformance {
  static let reserveCases: [Case] = [
    Case("reserve: an absent key is granted, and the record stands there byte for byte") { probe in
      let record = probe.record(.reserved, .random())
      try await probe.expect(.reserve(record: record, ttl: StoreProbe.ttl), .granted)
      try await probe.expectStanding(record)
      try await probe.expectTimeToLive(StoreProbe.ttl)
    },
    Case("reserve: whatever stands there is read and not changed (F5, I8)") { probe in
      for state in RecordState.allCases {
        let standing = probe.record(state, .random(), lease: -1)
        try await probe.plant(standing)
        let mine = probe.record(.reserved, .random(), fingerprint: .second)
        try await probe.expect(.reserve(record: mine, ttl: StoreProbe.ttl), .record(StoredRecord(standing)))
        try await probe.expectStanding(standing)
      }
    },
    Case("reserve: resent with the same token it finds its own reservation (X6)") { probe in
      let record = probe.record(.reserved, .random())
      try await probe.expect(.reserve(record: record, ttl: StoreProbe.ttl), .granted)
      try await probe.expect(.reserve(record: record, ttl: StoreProbe.ttl), .record(StoredRecord(record)))
    },
    Case("reserve: after retention the key is new (E13)") { probe in
      try await probe.plant(probe.record(.completed, .random(), body: "old"), ttl: 40)
      try await probe.context.pass(50)
      try await probe.expectAbsent()
      let record = probe.record(.reserved, .random())
      try await probe.expect(.reserve(record: record, ttl: StoreProbe.ttl), .granted)
    },
    Case("reserve and read: a replay does not lengthen retention (E14)") { probe in
      try await probe.plant(probe.record(.completed, .random(), body: "answer"), ttl: 100_000)
      _ = try await probe.context.store.perform(.read, for: probe.key)
      let mine = probe.record(.reserved, .random())
      _ = try await probe.context.store.perform(.reserve(record: mine, ttl: 900_000), for: probe.key)
      try await probe.expectTimeToLive(100_000)
    },
    Case("read: nothing there is absent") { probe in try await probe.expectAbsent() },
    Case("read: a body of every byte value comes back exact (E7)") { probe in
      var record = probe.record(.completed, .random())
      record.body = ByteBuffer(bytes: (0..<4).flatMap { _ in UInt8.min...UInt8.max })
      record.metadata.fields.append(.init(name: "X-Bytes", value: "\u{80}\u{FF}\"\\\t"))
      try await probe.plant(probe.record(.reserved, record.head.token))
      try await probe.expect(probe.complete(record), .applied)
      try await probe.expectStanding(record)
      guard case .record(let stored) = try await probe.context.store.perform(.read, for: probe.key) else { return }
      try probe.check(try stored.decode() == record, "\(record)", "\(stored)")
    },
    Case("keys that differ in any part stay apart (F8)") { probe in
      let name = probe.key.description
      let scope = String(repeating: "b", count: 32)
      for (keyspace, scope, client) in [("a", scope, name), ("a", "-", name), ("b", "-", name), ("a", "-", name + "a")]
      {
        let key = try RecordKey(keyspace: keyspace, scope: scope, clientKey: client.replacing(":", with: "%3A"))
        let operation = StoreOperation.reserve(record: probe.record(.reserved, .random()), ttl: 10_000)
        let reply = try await probe.context.store.perform(operation, for: key)
        try probe.check(reply == .granted, "\(key) granted", "\(reply)")
      }
    },
  ]
}
