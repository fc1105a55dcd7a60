import Idempotency

extension StoreConformance {
  static let putBackCases: [Case] = [
    Case("put-back: where the key is absent, the record stands again as its owner knew it (X8)") { probe in
      for state in RecordState.allCases {
        let mine = probe.record(state, .random(), attempt: 3, body: state == .completed ? "done" : "")
        try await probe.expect(.putBack(record: StoredRecord(mine), ttl: 100_000), .restored)
        try await probe.expectStanding(mine)
        try await probe.expectTimeToLive(100_000)
        try await probe.context.remove(probe.key)
      }
    },
    Case("put-back: an earlier attempt proves that the store went back, whatever state it is in, but completed") {
      probe in
      for standing in [RecordState.reserved, .uncertain, .free] {
        for state in RecordState.allCases {
          try await probe.plant(probe.record(standing, .random(), attempt: 1))
          let mine = probe.record(state, .random(), fingerprint: .second, attempt: 3)
          try await probe.expect(.putBack(record: StoredRecord(mine), ttl: 100_000), .restored)
          try await probe.expectStanding(mine)
          try await probe.expectTimeToLive(100_000)
        }
      }
    },
    Case("put-back: the own earlier attempt is an earlier attempt, too") { probe in
      let token = OwnerToken.random()
      for standing in [RecordState.reserved, .uncertain, .free] {
        try await probe.plant(probe.record(standing, token, attempt: 1))
        let mine = probe.record(.free, token, attempt: 3)
        try await probe.expect(.putBack(record: StoredRecord(mine), ttl: 100_000), .restored)
        try await probe.expectStanding(mine)
      }
    },
    Case("put-back: what is completed stays, and so does the same attempt of another, and any later one") { probe in
      for state in RecordState.allCases {
        let mine = probe.record(state, .random(), attempt: 3)
        for (standing, attempt) in [
          (RecordState.completed, 1), (.notRetained, 2), (.reserved, 3), (.free, 3), (.uncertain, 3), (.reserved, 4),
          (.free, 4),
        ] {
          let other = probe.record(standing, .random(), attempt: attempt)
          try await probe.expectUnchanged(other, .putBack(record: StoredRecord(mine), ttl: 1), .lost)
        }
      }
    },
    Case("put-back: a first attempt that did nothing yields to another's record of attempt 1, which came after it (W9)")
    {
      probe in
      for state in RecordState.allCases where state != .free {
        let mine = probe.record(state, .random(), attempt: 1)
        try await probe.plant(probe.record(.free, .random(), fingerprint: .any, lease: 0))
        try await probe.expect(.putBack(record: StoredRecord(mine), ttl: 100_000), .restored)
        try await probe.expectStanding(mine)
        try await probe.expectTimeToLive(100_000)
        // Not where something may have happened, where it is this owner's own, nor to another that is free.
        let held = StoreOperation.putBack(record: StoredRecord(mine), ttl: 1)
        try await probe.expectUnchanged(probe.record(.free, .random(), lease: 0), held, .lost)
        try await probe.expectUnchanged(
          probe.record(.free, .random(), fingerprint: .any, lease: 0, attempt: 2), held, .lost)
        try await probe.expectUnchanged(
          probe.record(.free, mine.head.token, fingerprint: .any, lease: 0), held, .lost)
      }
      let free = probe.record(.free, .random(), fingerprint: .any, lease: 0)
      let other = StoreOperation.putBack(
        record: StoredRecord(probe.record(.free, .random(), fingerprint: .any, lease: 0)), ttl: 1)
      try await probe.expectUnchanged(free, other, .lost)
    },
    Case("put-back: what was not forgotten is there already; a completion of either kind") { probe in
      for state in RecordState.allCases {
        let mine = probe.record(state, .random(), attempt: 2)
        try await probe.expectUnchanged(mine, .putBack(record: StoredRecord(mine), ttl: 1), .already)
      }
      let token = OwnerToken.random()
      let dropped = probe.record(.notRetained, token)
      try await probe.expectUnchanged(
        probe.record(.completed, token, body: "done"), .putBack(record: StoredRecord(dropped), ttl: 1), .already)
    },
    Case("put-back: the own reservation gets the outcome that it had, or its later deadline") { probe in
      for state in [RecordState.completed, .notRetained, .uncertain, .free] {
        let token = OwnerToken.random()
        try await probe.plant(probe.record(.reserved, token, attempt: 2))
        let mine = probe.record(state, token, attempt: 2)
        try await probe.expect(.putBack(record: StoredRecord(mine), ttl: 100_000), .applied)
        try await probe.expectStanding(mine)
        try await probe.expectTimeToLive(100_000)
      }
      let token = OwnerToken.random()
      try await probe.plant(probe.record(.reserved, token, lease: 10_000))
      let later = probe.record(.reserved, token, lease: 20_000)
      try await probe.expect(.putBack(record: StoredRecord(later), ttl: 900_000), .applied)
      try await probe.expectStanding(later)
      try await probe.expectUnchanged(
        later, .putBack(record: StoredRecord(probe.record(.reserved, token, lease: 10_000)), ttl: 1), .already)
    },
    Case("put-back: the own uncertainty ends by completion and release, never by the reservation before it") { probe in
      for state in [RecordState.completed, .notRetained, .free] {
        let token = OwnerToken.random()
        try await probe.plant(probe.record(.uncertain, token))
        let mine = probe.record(state, token)
        try await probe.expect(.putBack(record: StoredRecord(mine), ttl: 100_000), .applied)
        try await probe.expectStanding(mine)
      }
      let token = OwnerToken.random()
      for state in [RecordState.uncertain, .free, .completed, .notRetained] {
        let held = StoreOperation.putBack(record: StoredRecord(probe.record(.reserved, token)), ttl: 1)
        try await probe.expectUnchanged(probe.record(state, token), held, .lost)
      }
    },
    Case("put-back: a reservation whose lease is over comes back under every choice: its attempt is not given twice") {
      probe in
      for choice in [UnknownOutcome.hold, .store, .executeAgain] {
        let over = probe.record(.reserved, .random(), lease: -1, choice: choice)
        try await probe.expect(.putBack(record: StoredRecord(over), ttl: 100_000), .restored)
        try await probe.expectStanding(over)
        try await probe.context.remove(probe.key)
        let done = probe.record(.completed, .random(), lease: -1, choice: choice, body: "done")
        try await probe.expect(.putBack(record: StoredRecord(done), ttl: 100_000), .restored)
        try await probe.expectStanding(done)
        try await probe.context.remove(probe.key)
      }
    },
  ]
}
