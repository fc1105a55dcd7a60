import Idempotency

extension StoreConformance {
  static let raceCases: [Case] = [
    Case("of 100 concurrent reservations exactly one is granted, and all others see it (E1)") { probe in
      let granted = try await probe.race(100) { token in
        .reserve(record: probe.record(.reserved, token), ttl: StoreProbe.ttl)
      }
      try probe.check(granted == 1, "1 of 100 granted", "\(granted)")
    },
    Case("of 20 concurrent reclaims of one lease exactly one is granted (X1)") { probe in
      let old = probe.record(.reserved, .random(), lease: -1, choice: .executeAgain)
      try await probe.plant(old)
      let granted = try await probe.race(20) { token in
        probe.reclaim(old, by: probe.record(.reserved, token, attempt: 2))
      }
      try probe.check(granted == 1, "1 of 20 granted", "\(granted)")
    },
    Case("two owners who believe in one lease: only the latest completes (I7)") { probe in
      let (first, second) = (OwnerToken.random(), OwnerToken.random())
      let old = probe.record(.reserved, first, lease: -1, choice: .executeAgain)
      try await probe.plant(old)
      try await probe.expect(
        probe.reclaim(old, by: probe.record(.reserved, second)), .reclaimed(attempt: 2))
      async let stale = probe.context.store.perform(
        probe.complete(probe.record(.completed, first, body: "stale")), for: probe.key)
      async let latest = probe.context.store.perform(
        probe.complete(probe.record(.completed, second, body: "latest")), for: probe.key)
      let replies = try await [stale, latest]
      try probe.check(replies == [.outcome(.lost), .outcome(.applied)], "lost, applied", "\(replies)")
      try await probe.expectStanding(probe.record(.completed, second, attempt: 2, body: "latest"))
    },
  ]
}

extension StoreProbe {
  /// Sends `count` operations at once, each with its own token, and says how many were granted.
  fileprivate func race(
    _ count: Int, _ operation: @escaping @Sendable (OwnerToken) -> StoreOperation
  ) async throws -> Int {
    let replies = try await withThrowingTaskGroup(of: (OwnerToken, StoreReply).self) { group in
      for _ in 0..<count {
        group.addTask {
          let token = OwnerToken.random()
          return (token, try await context.store.perform(operation(token), for: key))
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let winners = replies.compactMap { (token, reply) -> OwnerToken? in
      switch reply {
      case .granted, .reclaimed: token
      default: nil
      }
    }
    for case (_, .record(let seen)) in replies {
      try check(winners.contains(seen.head.token), "the winner's record", "\(seen.head)")
    }
    return winners.count
  }
}
