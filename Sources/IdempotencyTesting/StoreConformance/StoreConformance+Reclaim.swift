import Idempotency

extension StoreConformance {
  static let reclaimCases: [Case] = [
    Case("reclaim: a free key is taken over at once, attempt + 1, with the taker's fingerprint and choice") { probe in
      let free = probe.record(.free, .random(), fingerprint: .any, lease: 90_000, attempt: 4)
      try await probe.plant(free)
      let token = OwnerToken.random()
      let mine = probe.record(.reserved, token, fingerprint: .second, choice: .store)
      try await probe.expect(probe.reclaim(free, by: mine, ttl: 100_000), .reclaimed(attempt: 5))
      try await probe.expectStanding(
        probe.record(.reserved, token, fingerprint: .second, attempt: 5, choice: .store))
      try await probe.expectTimeToLive(100_000)
    },
    Case("reclaim: under x a lease that is over is taken over, and its owner can change nothing (X1, X3)") { probe in
      let old = probe.record(.reserved, .random(), lease: -1, choice: .executeAgain)
      try await probe.plant(old)
      let token = OwnerToken.random()
      let reclaim = probe.reclaim(old, by: probe.record(.reserved, token, choice: .hold))
      try await probe.expect(reclaim, .reclaimed(attempt: 2))
      let taken = probe.record(.reserved, token, attempt: 2, choice: .hold)
      try await probe.expectStanding(taken)
      try await probe.expect(probe.complete(probe.record(.completed, old.head.token)), .lost)
      try await probe.expect(probe.renew(old, to: 90_000), .lost)
      try await probe.expect(probe.release(old.head.token), .lost)
      try await probe.expectStanding(taken)
    },
    Case("reclaim: a lease that lives by the store's clock is left alone, whatever the caller thinks (X13)") { probe in
      for choice in UnknownOutcome.allCases {
        let standing = probe.record(.reserved, .random(), choice: choice)
        try await probe.plant(standing)
        let mine = probe.record(.reserved, .random(), lease: 600_000, choice: .executeAgain)
        let reclaim = probe.reclaim(standing, by: mine, lost: probe.record(.completed, mine.head.token))
        try await probe.expect(reclaim, .record(StoredRecord(standing)))
        try await probe.expectStanding(standing)
      }
    },
    Case("reclaim: the lease is over when the store's time reaches the deadline") { probe in
      let standing = probe.record(.reserved, .random(), lease: 0, choice: .executeAgain)
      try await probe.plant(standing)
      try await probe.expect(
        probe.reclaim(standing, by: probe.record(.reserved, .random())), .reclaimed(attempt: 2))
    },
    Case("reclaim: another token or another state than was read gets the record as it stands") { probe in
      for state in RecordState.allCases {
        let standing = probe.record(state, .random(), lease: -1, choice: .executeAgain)
        try await probe.plant(standing)
        let mine = probe.record(.reserved, .random())
        let other = probe.record(state, .random())
        try await probe.expect(probe.reclaim(other, by: mine), .record(StoredRecord(standing)))
        for read in RecordState.allCases where read != state || (state != .free && state != .reserved) {
          let stale = probe.record(read, standing.head.token)
          try await probe.expect(probe.reclaim(stale, by: mine), .record(StoredRecord(standing)))
        }
        try await probe.expectStanding(standing)
      }
    },
    Case("reclaim: resent it finds its own reservation (X6)") { probe in
      let free = probe.record(.free, .random(), lease: 0, attempt: 1)
      try await probe.plant(free)
      let token = OwnerToken.random()
      let reclaim = probe.reclaim(free, by: probe.record(.reserved, token))
      try await probe.expect(reclaim, .reclaimed(attempt: 2))
      try await probe.expect(reclaim, .record(StoredRecord(probe.record(.reserved, token, attempt: 2))))
    },
    Case("reclaim: arriving after the owner renewed, it finds a lease that lives") { probe in
      let old = probe.record(.reserved, .random(), lease: -1, choice: .executeAgain)
      try await probe.plant(old)
      try await probe.expect(probe.renew(old, to: 60_000), .applied)
      let renewed = probe.record(.reserved, old.head.token, lease: 60_000, choice: .executeAgain)
      try await probe.expect(
        probe.reclaim(old, by: probe.record(.reserved, .random())), .record(StoredRecord(renewed)))
    },
    Case("reclaim: nothing there is absent, and stays so") { probe in
      let read = probe.record(.reserved, .random(), lease: -1)
      try await probe.expect(probe.reclaim(read, by: probe.record(.reserved, .random())), .absent)
      try await probe.expectAbsent()
    },
  ]
}
