import Idempotency

extension StoreConformance {
  static let resolveCases: [Case] = [
    Case("resolve: when the lease is over an uncertain key is settled under a new token, attempt kept") { probe in
      for state in RecordState.settled {
        let standing = probe.record(.uncertain, .random(), fingerprint: .second, lease: -1, attempt: 3)
        try await probe.plant(standing)
        let decided = probe.record(state, .random(), attempt: 1, body: "by hand")
        try await probe.expect(probe.resolve(standing, to: decided, wait: 90_000, ttl: 100_000), .applied)
        var expected = decided
        expected.head.fingerprint = .second
        expected.head.attempt = 3
        try await probe.expectStanding(expected)
        try await probe.expectTimeToLive(100_000)
      }
    },
    Case("resolve: to free it writes zeros, so that any fingerprint may follow") { probe in
      let standing = probe.record(.uncertain, .random(), lease: -60_000, attempt: 3)
      try await probe.plant(standing)
      let decided = probe.record(.free, .random(), lease: 0)
      try await probe.expect(probe.resolve(standing, to: decided, wait: 50_000), .applied)
      try await probe.expectStanding(
        probe.record(.free, decided.head.token, fingerprint: .any, lease: 0, attempt: 3))
    },
    Case("resolve: too early while the lease lives") { probe in
      for state in RecordState.settled + [.free] {
        let standing = probe.record(.uncertain, .random())
        let decided = probe.resolve(standing, to: probe.record(state, .random()))
        try await probe.expectUnchanged(standing, decided, .tooEarly)
      }
    },
    Case("resolve: too early to free while a request may still be on its way") { probe in
      let standing = probe.record(.uncertain, .random(), lease: -10_000)
      let decided = probe.resolve(standing, to: probe.record(.free, .random()), wait: 60_000)
      try await probe.expectUnchanged(standing, decided, .tooEarly)
    },
    Case("resolve: forced, it is never too early") { probe in
      for state in RecordState.settled + [.free] {
        let standing = probe.record(.uncertain, .random())
        try await probe.plant(standing)
        let decided = probe.resolve(standing, to: probe.record(state, .random()), wait: 60_000, force: true)
        try await probe.expect(decided, .applied)
      }
    },
    Case("resolve: changes nothing unless token, attempt and state are as the operator saw them") { probe in
      let decided = probe.record(.notRetained, .random())
      for state in RecordState.allCases where state != .uncertain {
        let standing = probe.record(state, .random(), lease: -1)
        try await probe.expectUnchanged(standing, probe.resolve(standing, to: decided, force: true), .lost)
      }
      let standing = probe.record(.uncertain, .random(), lease: -1, attempt: 2)
      let otherToken = probe.record(.uncertain, .random(), lease: -1, attempt: 2)
      try await probe.expectUnchanged(standing, probe.resolve(otherToken, to: decided, force: true), .lost)
      let otherAttempt = probe.record(.uncertain, standing.head.token, lease: -1, attempt: 1)
      try await probe.expectUnchanged(standing, probe.resolve(otherAttempt, to: decided, force: true), .lost)
    },
    Case("resolve: an absent key stays absent") { probe in
      let seen = probe.record(.uncertain, .random(), lease: -1)
      try await probe.expect(probe.resolve(seen, to: probe.record(.free, .random()), force: true), .lost)
      try await probe.expectAbsent()
    },
    Case("resolve: resent it is done already, and the old owner is late (X3)") { probe in
      let standing = probe.record(.uncertain, .random(), lease: -1)
      try await probe.plant(standing)
      let decided = probe.record(.notRetained, .random())
      try await probe.expect(probe.resolve(standing, to: decided), .applied)
      try await probe.expect(probe.resolve(standing, to: decided), .already)
      try await probe.expect(probe.complete(probe.record(.completed, standing.head.token)), .lost)
      try await probe.expectStanding(decided)
    },
  ]
}
