import Idempotency

extension StoreConformance {
  static let markUncertainCases: [Case] = [
    Case("mark-uncertain: the own reservation becomes uncertain, fingerprint and attempt stay") { probe in
      for choice in [UnknownOutcome.hold, .store] {
        let token = OwnerToken.random()
        try await probe.plant(probe.record(.reserved, token, fingerprint: .second, attempt: 3, choice: choice))
        try await probe.expect(probe.mark(probe.record(.uncertain, token, choice: choice), ttl: 100_000), .applied)
        try await probe.expectStanding(
          probe.record(.uncertain, token, fingerprint: .second, attempt: 3, choice: choice))
        try await probe.expectTimeToLive(100_000)
      }
    },
    Case("mark-uncertain: the later deadline stays, for resolve counts from it") { probe in
      for (standing, own) in [(60_000, 90_000), (90_000, 60_000)] as [(Int64, Int64)] {
        let token = OwnerToken.random()
        try await probe.plant(probe.record(.reserved, token, lease: standing))
        try await probe.expect(probe.mark(probe.record(.uncertain, token, lease: own)), .applied)
        try await probe.expectStanding(probe.record(.uncertain, token, lease: 90_000))
      }
    },
    Case("mark-uncertain: resent it is done already") { probe in
      let uncertain = probe.record(.uncertain, .random())
      try await probe.expectUnchanged(uncertain, probe.mark(uncertain), .already)
    },
    Case("mark-uncertain: arriving late, it changes nothing that is completed or free") { probe in
      for state in RecordState.settled + [.free] {
        let token = OwnerToken.random()
        let late = probe.mark(probe.record(.uncertain, token))
        try await probe.expectUnchanged(probe.record(state, token, body: "done"), late, .lost)
      }
    },
    Case("mark-uncertain: a stale owner changes nothing (X3)") { probe in
      for state in RecordState.allCases {
        let late = probe.mark(probe.record(.uncertain, .random()))
        try await probe.expectUnchanged(probe.record(state, .random(), lease: -1), late, .lost)
      }
    },
    Case("mark-uncertain: never under x, present or absent") { probe in
      let token = OwnerToken.random()
      let mark = probe.mark(probe.record(.uncertain, token, choice: .executeAgain))
      try await probe.expectUnchanged(probe.record(.reserved, token, choice: .executeAgain), mark, .lost)
      try await probe.context.remove(probe.key)
      try await probe.expect(mark, .lost)
      try await probe.expectAbsent()
    },
    Case("mark-uncertain: byte 83 of the record that stands decides") { probe in
      let token = OwnerToken.random()
      let standing = probe.record(.reserved, token, choice: .executeAgain)
      try await probe.expectUnchanged(standing, probe.mark(probe.record(.uncertain, token)), .lost)
    },
    Case("mark-uncertain: what the store lost is put there as uncertain (X8)") { probe in
      let uncertain = probe.record(.uncertain, .random(), attempt: 2)
      try await probe.expect(probe.mark(uncertain, ttl: 100_000), .restored)
      try await probe.expectStanding(uncertain)
      try await probe.expectTimeToLive(100_000)
    },
  ]
}
