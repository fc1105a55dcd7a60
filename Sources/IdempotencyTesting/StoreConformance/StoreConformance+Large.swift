import Idempotency
import NIOCore

extension StoreConformance {
  static let largeCases: [Case] = [
    Case("a body of 1 MiB with zero bytes comes back exact, whoever stores it, whatever of its head is patched (E7)") {
      probe in
      let token = OwnerToken.random()
      var standing = probe.record(.reserved, token, fingerprint: .second, lease: -1, attempt: 7, choice: .store)
      var answer = probe.record(.completed, token, choice: .store)
      answer.body = body
      // With the fingerprint and the attempt of the head that stands.
      var expected = answer
      (expected.head.fingerprint, expected.head.attempt) = (.second, 7)

      try await probe.plant(standing)
      try await probe.expect(probe.complete(answer), .applied)
      try await probe.expectStanding(expected)

      try await probe.plant(standing)
      let mine = probe.record(.reserved, token)
      try await probe.expect(probe.reclaim(standing, by: mine, lost: answer), .settled)
      try await probe.expectStanding(expected)

      standing.head.state = .uncertain
      try await probe.plant(standing)
      answer.head.token = .random()
      expected.head.token = answer.head.token
      try await probe.expect(probe.resolve(standing, to: answer, force: true), .applied)
      try await probe.expectStanding(expected)
    },
    Case("a body of 1 MiB with zero bytes is put back exact: where nothing stands, and over the own reservation (X8)") {
      probe in
      var answer = probe.record(.completed, .random(), attempt: 2)
      answer.body = body
      let putBack = StoreOperation.putBack(record: StoredRecord(answer), ttl: StoreProbe.ttl)
      try await probe.expect(putBack, .restored)
      try await probe.expectStanding(answer)
      try await probe.expect(putBack, .already)
      // Its later deadline is written into the middle of what is put back.
      try await probe.plant(probe.record(.reserved, answer.head.token, lease: 90_000, attempt: 2))
      try await probe.expect(putBack, .applied)
      answer.head.leaseDeadline = probe.now + 90_000
      try await probe.expectStanding(answer)
      try await probe.context.remove(probe.key)
      try await probe.expect(probe.complete(answer), .restored)
      try await probe.expectStanding(answer)
    },
  ]

  /// Zeros in front, at the end, and everywhere between; no stretch of it is like the next.
  private static let body = ByteBuffer(
    bytes: (0..<1024 * 1024).map { index in index.isMultiple(of: 3) ? 0 : UInt8(truncatingIfNeeded: index ^ index >> 8)
    }
      + [0])
}
