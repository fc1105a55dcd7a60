import Idempotency

extension StoreConformance {
  /// What turns on one millisecond, or on a clock that goes back.
  ///
  /// For a store whose time stands still until ``StoreConformanceContext/pass(_:)`` moves it, by a negative number back.
  public static let edgeCases: [Case] = [
    Case("a lease lives to the last millisecond before its deadline, and is over in the deadline's own (X13)") {
      probe in
      for choice in UnknownOutcome.allCases {
        for lease in [1, 0] as [Int64] {
          let old = probe.record(.reserved, .random(), lease: lease, choice: choice)
          try await probe.plant(old)
          let mine = probe.record(.reserved, .random())
          let lost = probe.record(.completed, mine.head.token)
          let over: StoreReply =
            switch choice {
            case .hold: .nowUncertain
            case .store: .settled
            case .executeAgain: .reclaimed(attempt: 2)
            }
          try await probe.expect(
            probe.reclaim(old, by: mine, lost: lost), lease > 0 ? .record(StoredRecord(old)) : over)
        }
      }
    },
    Case(
      "under x what was lost is put back to the last millisecond of the own lease, and not in the deadline's own (X8)"
    ) {
      probe in
      for (lease, outcome) in [(1, StoreOutcome.restored), (0, .lost)] as [(Int64, StoreOutcome)] {
        let mine = probe.record(.reserved, .random(), lease: lease, choice: .executeAgain)
        try await probe.expect(probe.renew(mine, to: 90_000), outcome)
        try await probe.context.remove(probe.key)
        let answer = probe.record(.completed, mine.head.token, lease: lease, choice: .executeAgain)
        try await probe.expect(probe.complete(answer), outcome)
        try await probe.context.remove(probe.key)
      }
    },
    Case("resolve: it is too early to the last millisecond, of the lease and, to free, of the wait after it") { probe in
      for (state, lease, wait) in [
        (RecordState.completed, 1, 0), (.notRetained, 1, 0), (.free, 1, 0), (.free, -10, 11), (.free, 0, 1),
      ] as [(RecordState, Int64, Int64)] {
        let standing = probe.record(.uncertain, .random(), lease: lease)
        let early = probe.resolve(standing, to: probe.record(state, .random()), wait: wait)
        try await probe.expectUnchanged(standing, early, .tooEarly)
      }
      for (state, lease, wait) in [
        (RecordState.completed, 0, 9), (.notRetained, 0, 9), (.free, -10, 10), (.free, 0, 0),
      ]
        as [(RecordState, Int64, Int64)]
      {
        let standing = probe.record(.uncertain, .random(), lease: lease)
        try await probe.plant(standing)
        try await probe.expect(probe.resolve(standing, to: probe.record(state, .random()), wait: wait), .applied)
      }
    },
    Case("a record stands in the last millisecond of its time to live, and is gone in the next (E13)") { probe in
      let standing = probe.record(.completed, .random(), body: "answer")
      try await probe.plant(standing, ttl: 40)
      try await probe.context.pass(40)
      try await probe.expectStanding(standing)
      try await probe.context.pass(1)
      try await probe.expectAbsent()
    },
    Case("a clock that goes back makes a lease live again: it is left alone, and a renewal does not shorten it (X13)") {
      probe in
      let old = probe.record(.reserved, .random(), lease: -1, choice: .executeAgain)
      try await probe.plant(old)
      try await probe.context.pass(-10_000)
      let mine = probe.record(.reserved, .random())
      try await probe.expect(probe.reclaim(old, by: mine), .record(StoredRecord(old)))
      try await probe.expect(probe.renew(old, to: -5_000), .applied)
      try await probe.expectStanding(old)
      try await probe.context.pass(9_999)
      try await probe.expect(probe.reclaim(old, by: mine), .reclaimed(attempt: 2))
    },
  ]
}
