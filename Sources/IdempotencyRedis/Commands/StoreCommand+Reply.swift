internal import HiredisNIO
internal import Idempotency

extension StoreCommand {
  /// What the server's answer means.
  func reply(to result: Result<RESPValue, RedisError>) -> Result<StoreReply, StoreFailure> {
    switch result {
    case .success(let value):
      guard let reply = reply(value) else {
        return .failure(StoreFailure(.unknown, "Redis gave \(operation.kind) an answer that is none: \(value)"))
      }
      return .success(reply)
    // Another type stands there. The scripts ask TYPE first and say 9.
    case .failure(let error) where error.serverError?.code == "WRONGTYPE": return .success(.unreadable)
    case .failure(let error): return .failure(StoreFailure(error))
    }
  }

  private func reply(_ value: RESPValue) -> StoreReply? {
    switch operation {
    case .reserve: value.isNull ? .granted : record(value)
    case .read: value.isNull ? .absent : record(value)
    case .reclaim: reclaimed(value)
    default: outcome(value)
    }
  }

  private func outcome(_ value: RESPValue) -> StoreReply? {
    guard let code = value.integer, let outcome = StoreOutcome(rawValue: Int(code)) else { return nil }
    return outcome == .unreadable ? .unreadable : .outcome(outcome)
  }

  private func record(_ value: RESPValue?) -> StoreReply? {
    guard let bytes = value?.bytes else { return nil }
    return StoredRecord(bytes: bytes).map { .record($0) } ?? .unreadable
  }

  private func reclaimed(_ value: RESPValue) -> StoreReply? {
    guard let elements = value.array, let code = elements.first?.integer,
      let outcome = ReclaimOutcome(rawValue: Int(code))
    else { return nil }
    let second = elements.count > 1 ? elements[1] : nil
    return switch outcome {
    case .granted: second?.integer.map { .reclaimed(attempt: Int($0)) }
    case .uncertain: .nowUncertain
    case .settled: .settled
    case .standing: record(second)
    case .absent: .absent
    case .unreadable: .unreadable
    }
  }
}
