import Idempotency

extension StoreConformance {
  static let completeCases: [Case] = [
    Case("complete: the owner's outcome is stored, retention counted from completion") { probe in
      for state in RecordState.settled {
        let token = OwnerToken.random()
        let outcome = probe.record(state, token, body: "done")
        try await probe.plant(probe.record(.reserved, token), ttl: 900_000)
        try await probe.expect(probe.complete(outcome, ttl: 100_000), .applied)
        try await probe.expectStanding(outcome)
        try await probe.expectTimeToLive(100_000)
      }
    },
    Case("complete: an uncertain record takes the late truth of the token it bears") { probe in
      let token = OwnerToken.random()
      try await probe.plant(probe.record(.uncertain, token, lease: -1))
      let outcome = probe.record(.completed, token, body: "late")
      try await probe.expect(probe.complete(outcome), .applied)
      try await probe.expectStanding(outcome)
    },
    Case("complete: resent it is done already, and the first outcome stays (X7)") { probe in
      for state in RecordState.settled {
        let token = OwnerToken.random()
        let standing = probe.record(state, token, body: "first")
        let again = probe.complete(probe.record(.completed, token, body: "second"))
        try await probe.expectUnchanged(standing, again, .already)
      }
    },
    Case("complete: a stale owner changes nothing (X3)") { probe in
      for state in RecordState.allCases {
        let standing = probe.record(state, .random(), lease: -1, attempt: 2)
        try await probe.expectUnchanged(standing, probe.complete(probe.record(.completed, .random())), .lost)
      }
    },
    Case("complete: a key that its owner has released stays free") { probe in
      let token = OwnerToken.random()
      let late = probe.complete(probe.record(.completed, token))
      try await probe.expectUnchanged(probe.record(.free, token), late, .lost)
    },
    Case("complete: fingerprint and attempt come from the head that stands") { probe in
      let token = OwnerToken.random()
      try await probe.plant(probe.record(.reserved, token, fingerprint: .second, attempt: 7))
      try await probe.expect(probe.complete(probe.record(.completed, token, body: "done")), .applied)
      let expected = probe.record(.completed, token, fingerprint: .second, attempt: 7, body: "done")
      try await probe.expectStanding(expected)
    },
    Case("complete: what the store lost is put back (X8)") { probe in
      for choice in UnknownOutcome.allCases {
        let outcome = probe.record(.completed, .random(), attempt: 3, choice: choice, body: "done")
        try await probe.expect(probe.complete(outcome, ttl: 100_000), .restored)
        try await probe.expectStanding(outcome)
        try await probe.expectTimeToLive(100_000)
        try await probe.context.remove(probe.key)
      }
    },
    Case("complete: lost under x and the own lease over, nothing is put back") { probe in
      let outcome = probe.record(.completed, .random(), choice: .executeAgain)
      try await probe.expect(probe.complete(outcome, ownDeadline: probe.now), .lost)
      try await probe.expectAbsent()
    },
    Case("complete: lost under h and s it is put back although the own lease is over") { probe in
      for choice in [UnknownOutcome.hold, .store] {
        let outcome = probe.record(.completed, .random(), choice: choice)
        try await probe.expect(probe.complete(outcome, ownDeadline: probe.now - 1), .restored)
        try await probe.context.remove(probe.key)
      }
    },
  ]
}
