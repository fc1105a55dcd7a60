import Idempotency

extension StoreConformance {
  static let renewCases: [Case] = [
    Case("renew: the deadline moves, everything else stays as it stands (X2)") { probe in
      let token = OwnerToken.random()
      try await probe.plant(probe.record(.reserved, token, fingerprint: .second, attempt: 4))
      let mine = probe.record(.reserved, token, attempt: 9, choice: .store, worker: "a much longer name")
      try await probe.expect(probe.renew(mine, to: 90_000), .applied)
      try await probe.expectStanding(
        probe.record(.reserved, token, fingerprint: .second, lease: 90_000, attempt: 4))
    },
    Case("renew: the deadline never moves back") { probe in
      let standing = probe.record(.reserved, .random(), lease: 90_000)
      for deadline in [90_000, 89_999, -1] as [Int64] {
        try await probe.expectUnchanged(standing, probe.renew(standing, to: deadline), .applied)
      }
    },
    Case("renew: a lease that is over lives again if nobody took over") { probe in
      let token = OwnerToken.random()
      let over = probe.record(.reserved, token, lease: -1, choice: .executeAgain)
      try await probe.plant(over)
      try await probe.expect(probe.renew(over, to: 90_000), .applied)
      try await probe.expectStanding(probe.record(.reserved, token, lease: 90_000, choice: .executeAgain))
    },
    Case("renew: the TTL is extended, never shortened") { probe in
      let standing = probe.record(.reserved, .random())
      try await probe.plant(standing, ttl: 200_000)
      try await probe.expect(probe.renew(standing, to: 70_000, ttl: 100_000), .applied)
      try await probe.expectTimeToLive(200_000)
      try await probe.expect(probe.renew(standing, to: 80_000, ttl: 300_000), .applied)
      try await probe.expectTimeToLive(300_000)
    },
    Case("renew: a stale owner changes nothing (X3)") { probe in
      for state in RecordState.allCases {
        let standing = probe.record(state, .random(), lease: -1, attempt: 2)
        let stale = probe.renew(probe.record(.reserved, .random()), to: 90_000)
        try await probe.expectUnchanged(standing, stale, .lost)
      }
    },
    Case("renew: arriving late, it revives nothing that has left state R") { probe in
      for state in RecordState.allCases where state != .reserved {
        let token = OwnerToken.random()
        let late = probe.renew(probe.record(.reserved, token), to: 90_000)
        try await probe.expectUnchanged(probe.record(state, token, lease: -1), late, .lost)
      }
    },
    Case("renew: what the store lost is put back with the later deadline (X8)") { probe in
      for choice in UnknownOutcome.allCases {
        for (old, new) in [(60_000, 90_000), (90_000, 60_000)] as [(Int64, Int64)] {
          let token = OwnerToken.random()
          let mine = probe.record(.reserved, token, lease: old, attempt: 3, choice: choice)
          try await probe.expect(probe.renew(mine, to: new, ttl: 100_000), .restored)
          try await probe.expectStanding(
            probe.record(.reserved, token, lease: 90_000, attempt: 3, choice: choice))
          try await probe.expectTimeToLive(100_000)
          try await probe.context.remove(probe.key)
        }
      }
    },
    Case("renew: lost under x and the own lease over, nothing is put back; under h and s it is") { probe in
      for choice in UnknownOutcome.allCases {
        let mine = probe.record(.reserved, .random(), lease: 0, choice: choice)
        let again = choice == .executeAgain
        try await probe.expect(probe.renew(mine, to: 90_000), again ? .lost : .restored)
        if again { try await probe.expectAbsent() }
        try await probe.context.remove(probe.key)
      }
    },
  ]
}
