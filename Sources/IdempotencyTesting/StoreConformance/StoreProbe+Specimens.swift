import Idempotency

extension Fingerprint {
  /// What the first request asks for.
  static let first = specimen("1")
  /// What another request asks for.
  static let second = specimen("2")

  private static func specimen(_ digit: Character) -> Fingerprint {
    guard let fingerprint = Fingerprint(String(repeating: digit, count: digitCount)) else { return .any }
    return fingerprint
  }
}

extension RecordState {
  /// States that no owner's reservation can come back from.
  static let settled: [RecordState] = [.completed, .notRetained]
}

extension StoreProbe {
  /// Puts the record there, sends the operation, and expects `outcome` and that nothing changed.
  func expectUnchanged(_ standing: Record, _ operation: StoreOperation, _ outcome: StoreOutcome) async throws {
    try await plant(standing)
    try await expect(operation, outcome)
    try await expectStanding(standing)
  }

  func complete(_ record: Record, ownDeadline: Int64? = nil, ttl: Int64 = StoreProbe.ttl) -> StoreOperation {
    .complete(
      token: record.head.token, ownDeadline: ownDeadline ?? record.head.leaseDeadline, record: record, ttl: ttl)
  }

  func renew(_ record: Record, to deadline: Int64, ttl: Int64 = StoreProbe.ttl) -> StoreOperation {
    .renew(token: record.head.token, deadline: now + deadline, record: record, ttl: ttl)
  }

  func release(
    _ token: OwnerToken, expected: OwnerToken? = nil, tainted: Bool = false, attempt: Int = 1,
    ttl: Int64 = StoreProbe.ttl, shortTTL: Int64 = 600_000
  ) -> StoreOperation {
    .release(
      token: token, expected: expected, tainted: tainted, record: record(.free, token, lease: 0, attempt: attempt),
      ttl: ttl, shortTTL: shortTTL)
  }

  func mark(_ record: Record, ttl: Int64 = StoreProbe.ttl) -> StoreOperation {
    .markUncertain(token: record.head.token, record: record, ttl: ttl)
  }

  func reclaim(
    _ standing: Record, by record: Record, ttl: Int64 = StoreProbe.ttl, uncertainTTL: Int64 = 900_000,
    lost: Record? = nil
  ) -> StoreOperation {
    .reclaim(
      expected: standing.head.token, expectedState: standing.head.state, record: record, ttl: ttl,
      uncertainTTL: uncertainTTL, lost: lost)
  }

  func resolve(
    _ standing: Record, to record: Record, wait: Int64 = 0, force: Bool = false, ttl: Int64 = StoreProbe.ttl
  ) -> StoreOperation {
    .resolve(
      token: standing.head.token, attempt: standing.head.attempt, newToken: record.head.token, record: record,
      ttl: ttl, wait: wait, force: force)
  }
}
