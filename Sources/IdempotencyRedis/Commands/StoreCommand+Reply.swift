internal import HiredisNIO
internal import Idempotency
internal import NIOCore

extension StoreCommand {
  /// What the server's answer means.
  func reply(to result: Result<RESPValue, RedisError>) -> Result<StoreReply, StoreFailure> {
    switch result {
    case .success(let value):
      guard let reply = reply(value) else {
        // Not the answer itself: it may be another's record.
        return .failure(StoreFailure(.unknown, "Redis gave \(operation.kind) an answer that is none: \(value.kind)"))
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
    guard let code = value.integer, let outcome = Int(exactly: code).flatMap(StoreOutcome.init) else { return nil }
    return outcome == .unreadable ? .unreadable : .outcome(outcome)
  }

  private func record(_ value: RESPValue?) -> StoreReply? {
    guard let bytes = value?.bytes else { return nil }
    return StoredRecord(bytes: bytes).map { .record($0) } ?? .unreadable
  }

  /// An attempt that was granted is one that a head can hold.
  private func attempt(_ number: Int64) -> StoreReply? {
    guard let attempt = Int(exactly: number), (1...RecordHead.maximumAttempt).contains(attempt) else { return nil }
    return .reclaimed(attempt: attempt)
  }

  private func reclaimed(_ value: RESPValue) -> StoreReply? {
    guard let elements = value.array, let code = elements.first?.integer,
      let outcome = Int(exactly: code).flatMap(ReclaimOutcome.init)
    else { return nil }
    let second = elements.count > 1 ? elements[1] : nil
    return switch outcome {
    case .granted: second?.integer.flatMap(attempt)
    case .uncertain: .nowUncertain
    case .settled: .settled
    case .standing: record(second)
    case .absent: .absent
    case .unreadable: .unreadable
    }
  }
}

extension RESPValue {
  /// What sort of reply it is, for the log: never what is in it.
  fileprivate var kind: String {
    switch self {
    case .null: "nil"
    case .simpleString: "a status"
    case .error: "an error"
    case .integer(let number): "the integer \(number)"
    case .bulkString(let bytes): "\(bytes.readableBytes) bytes"
    case .array(let elements): "\(elements.count) elements"
    }
  }
}
