import Idempotency

extension StoreConformance {
  static let releaseCases: [Case] = [
    Case("release: from R and U the key is free for any fingerprint, its attempt count lives on (X10)") { probe in
      for state in [RecordState.reserved, .uncertain] {
        let token = OwnerToken.random()
        try await probe.plant(probe.record(state, token, attempt: 5), ttl: 900_000)
        try await probe.expect(probe.release(token, ttl: 100_000), .applied)
        try await probe.expectStanding(probe.record(.free, token, fingerprint: .any, lease: 0, attempt: 5))
        try await probe.expectTimeToLive(100_000)
      }
    },
    Case("release: where the first attempt did nothing, F stands for shortTTL; not longer than ttl (W9)") { probe in
      for (state, tainted, attempt, ttl, expected) in [
        (RecordState.reserved, false, 1, Int64(900_000), Int64(600_000)), (.uncertain, false, 1, 900_000, 600_000),
        (.reserved, false, 1, 100_000, 100_000), (.reserved, true, 1, 900_000, 900_000),
        (.reserved, false, 2, 900_000, 900_000),
      ] {
        let token = OwnerToken.random()
        try await probe.plant(probe.record(state, token, attempt: attempt))
        try await probe.expect(probe.release(token, tainted: tainted, ttl: ttl, shortTTL: 600_000), .applied)
        try await probe.expectTimeToLive(expected)
      }
    },
    Case("release: tainted, the fingerprint that stands stays") { probe in
      let token = OwnerToken.random()
      try await probe.plant(probe.record(.reserved, token, fingerprint: .second, attempt: 2))
      try await probe.expect(probe.release(token, tainted: true), .applied)
      try await probe.expectStanding(probe.record(.free, token, fingerprint: .second, lease: 0, attempt: 2))
    },
    Case("release: resent it is done already") { probe in
      let token = OwnerToken.random()
      try await probe.plant(probe.record(.reserved, token))
      try await probe.expect(probe.release(token), .applied)
      try await probe.expect(probe.release(token), .already)
      try await probe.expectStanding(probe.record(.free, token, fingerprint: .any, lease: 0))
    },
    Case("release: a stale owner changes nothing (X3)") { probe in
      for state in RecordState.allCases {
        let standing = probe.record(state, .random(), lease: -1, attempt: 2)
        try await probe.expectUnchanged(standing, probe.release(.random()), .lost)
        try await probe.expectUnchanged(standing, probe.release(.random(), expected: .random()), .lost)
      }
    },
    Case("release: what is completed stays completed") { probe in
      for state in RecordState.settled {
        let token = OwnerToken.random()
        try await probe.expectUnchanged(probe.record(state, token, body: "done"), probe.release(token), .lost)
      }
    },
    Case("release: F that bears the expected token is re-stamped, and the late reclaim no longer matches") { probe in
      let (before, mine) = (OwnerToken.random(), OwnerToken.random())
      let free = probe.record(.free, before, lease: 0, attempt: 6)
      try await probe.plant(free, ttl: 200_000)
      try await probe.expect(probe.release(mine, expected: before, ttl: 100_000), .applied)
      let stamped = probe.record(.free, mine, lease: 0, attempt: 6)
      try await probe.expectStanding(stamped)
      try await probe.expect(probe.release(mine, expected: before), .already)
      let late = probe.reclaim(free, by: probe.record(.reserved, mine))
      try await probe.expect(late, .record(StoredRecord(stamped)))
    },
    Case("release: an expected token matches F alone") { probe in
      for state in RecordState.allCases where state != .free {
        let standing = probe.record(state, .random(), lease: -1)
        let late = probe.release(.random(), expected: standing.head.token)
        try await probe.expectUnchanged(standing, late, .lost)
      }
    },
    Case("release: on an absent key F stands for shortTTL, and a stalled reservation finds it (X6)") { probe in
      let token = OwnerToken.random()
      try await probe.expect(probe.release(token, ttl: 100_000, shortTTL: 600_000), .restored)
      let free = probe.record(.free, token, fingerprint: .any, lease: 0)
      try await probe.expectStanding(free)
      try await probe.expectTimeToLive(600_000)
      let stalled = StoreOperation.reserve(record: probe.record(.reserved, token), ttl: StoreProbe.ttl)
      try await probe.expect(stalled, .record(StoredRecord(free)))
    },
    Case("release: tainted on an absent key, the releaser's own fingerprint stays") { probe in
      let token = OwnerToken.random()
      try await probe.expect(probe.release(token, tainted: true, attempt: 2), .restored)
      try await probe.expectStanding(probe.record(.free, token, lease: 0, attempt: 2))
    },
  ]
}
