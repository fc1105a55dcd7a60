import Idempotency

extension StoreConformance {
  static let takeoverCases: [Case] = [
    Case("reclaim: under h the key becomes uncertain, and its owner's late answer still counts (X1)") { probe in
      let token = OwnerToken.random()
      let old = probe.record(.reserved, token, lease: -1, attempt: 2)
      try await probe.plant(old)
      let mine = probe.record(.reserved, .random(), choice: .executeAgain)
      try await probe.expect(probe.reclaim(old, by: mine, uncertainTTL: 900_000), .nowUncertain)
      try await probe.expectStanding(probe.record(.uncertain, token, lease: -1, attempt: 2))
      try await probe.expectTimeToLive(900_000)
      try await probe.expect(probe.complete(probe.record(.completed, token, attempt: 2, body: "late")), .applied)
      try await probe.expectStanding(probe.record(.completed, token, attempt: 2, body: "late"))
    },
    Case("reclaim: under s the answer given for it is stored with a new token, and the owner is late (X1)") { probe in
      let old = probe.record(.reserved, .random(), fingerprint: .second, lease: -1, attempt: 3, choice: .store)
      try await probe.plant(old)
      let token = OwnerToken.random()
      let lost = probe.record(.completed, token, attempt: 1, choice: .store, body: "outcome-lost")
      let reclaim = probe.reclaim(old, by: probe.record(.reserved, token), ttl: 100_000, lost: lost)
      try await probe.expect(reclaim, .settled)
      let settled = probe.record(
        .completed, token, fingerprint: .second, attempt: 3, choice: .store, body: "outcome-lost")
      try await probe.expectStanding(settled)
      try await probe.expectTimeToLive(100_000)
      try await probe.expect(reclaim, .record(StoredRecord(settled)))
      try await probe.expect(probe.complete(probe.record(.completed, old.head.token)), .lost)
      try await probe.expectStanding(settled)
    },
    Case("reclaim: under s without an answer to store, nothing changes") { probe in
      let old = probe.record(.reserved, .random(), lease: -1, choice: .store)
      try await probe.plant(old)
      try await probe.expect(
        probe.reclaim(old, by: probe.record(.reserved, .random())), .record(StoredRecord(old)))
    },
    Case("reclaim: the attempt never passes 9999; the key becomes uncertain") { probe in
      for state in [RecordState.free, .reserved] {
        var old = probe.record(state, .random(), lease: -1, attempt: 9998, choice: .executeAgain)
        try await probe.plant(old)
        let mine = probe.record(.reserved, .random(), choice: .executeAgain)
        try await probe.expect(probe.reclaim(old, by: mine), .reclaimed(attempt: 9999))
        old.head.attempt = 9999
        try await probe.plant(old)
        try await probe.expect(probe.reclaim(old, by: mine, uncertainTTL: 900_000), .nowUncertain)
        old.head.state = .uncertain
        try await probe.expectStanding(old)
        try await probe.expectTimeToLive(900_000)
      }
    },
    Case("attempts grow over releases and takeovers and never decrease (I7, X10)") { probe in
      var token = OwnerToken.random()
      let first = StoreOperation.reserve(record: probe.record(.reserved, token), ttl: StoreProbe.ttl)
      try await probe.expect(first, .granted)
      for attempt in 2...4 {
        try await probe.expect(probe.release(token, attempt: 1), .applied)
        let free = probe.record(.free, token)
        token = .random()
        try await probe.expect(
          probe.reclaim(free, by: probe.record(.reserved, token)), .reclaimed(attempt: attempt))
      }
    },
  ]
}
