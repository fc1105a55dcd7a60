import Foundation
import NIOCore

@testable import Idempotency

/// A node with a store of its own, in which exchanges of one key run step by step.
final class HTTPExchangeBench {
  var policy: IdempotencyPolicy
  var table = MemoryTable(maximumByteCount: .max)
  /// Milliseconds since the bench was made.
  var time: Int64 = 0
  /// What the store fails with, while it does.
  var failure: StoreFailure?

  static let key = RecordKey(unchecked: "bench", scope: "-", clientKey: "k")
  static let mine = Fingerprint(high: 1, low: 1)
  static let foreign = Fingerprint(high: 2, low: 2)

  init(_ unknownOutcome: UnknownOutcome = .hold, _ change: (inout IdempotencyPolicy) -> Void = { _ in }) {
    do {
      policy = try IdempotencyPolicy("bench")
    } catch {
      preconditionFailure("\(error)")
    }
    policy.execution.unknownOutcome = unknownOutcome
    policy.execution.originTimeout = .seconds(20)
    change(&policy)
  }

  var moment: Moment {
    Moment(
      boot: BootInstant(nanoseconds: (1_000_000 + time) * 1_000_000), server: 1_700_000_000_000 + time)
  }

  /// One request, from its reservation to what the store made of it.
  struct Run {
    var exchange: HTTPExchange
    var answers: [HTTPAnswer] = []
    /// Every answer's status label and status, then what it was asked to do besides.
    var attempts: [Int?] = []
    var isFinished = false

    var answer: HTTPAnswer { answers.first ?? HTTPAnswer(status: 0, fields: [], body: .origin, label: nil) }
  }

  func begin(_ fingerprint: Fingerprint = mine) -> Run {
    var run = Run(
      exchange: HTTPExchange(policy: policy, fingerprint: fingerprint, token: .random(), worker: "bench"))
    feed(.start, to: &run)
    return run
  }

  /// Hands in an event and answers every command that follows from it; the operation is not run.
  func feed(_ event: ExchangeEvent<OriginOutcome>, to run: inout Run) {
    var events = [event]
    while !events.isEmpty {
      for action in run.exchange.handle(events.removeFirst(), at: moment) {
        switch action {
        case .send(let operation): events.append(reply(to: operation))
        case .prepare: events.append(.ready)
        case .execute(let attempt): run.attempts.append(attempt)
        case .schedule, .watch, .unwatch: break
        case .answer(let answer): run.answers.append(answer)
        case .finish: run.isFinished = true
        }
      }
    }
  }

  private func reply(to operation: StoreOperation) -> ExchangeEvent<OriginOutcome> {
    if let failure { return .storeFailed(operation.kind, failure) }
    do throws(StoreFailure) {
      return .storeReplied(
        operation.kind, try table.perform(operation, for: Self.key, now: 1_700_000_000_000 + time))
    } catch {
      return .storeFailed(operation.kind, error)
    }
  }

  /// A request whose operation, if it runs, comes to this.
  func request(_ outcome: OriginOutcome, _ fingerprint: Fingerprint = mine) -> Run {
    var run = begin(fingerprint)
    if !run.attempts.isEmpty { feed(.operation(outcome), to: &run) }
    return run
  }

  var record: Record? {
    guard case .record(let stored) = table.standing(Self.key, now: 1_700_000_000_000 + time) else { return nil }
    return try? stored.decode()
  }
}

extension OriginOutcome {
  static func answered(_ status: Int, _ fields: [(String, String)] = [], body: String? = "answer") -> OriginOutcome {
    .answered(
      OriginAnswer(
        status: status, fields: fields.map { .init(name: $0.0, value: $0.1) },
        body: body.map { ByteBuffer(string: $0) }))
  }
}

extension HTTPAnswer {
  func values(_ name: String) -> [String] {
    allFields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
  }

  var text: String {
    if case .bytes(let buffer) = body { String(buffer: buffer) } else { "<origin>" }
  }

  /// Label and status, such as `executed 201`.
  var summary: String { "\(label?.rawValue ?? "-") \(status)" }

  /// The members of a problem document, as text.
  var problem: [String: String] {
    guard case .bytes(let buffer) = body,
      let object = try? JSONSerialization.jsonObject(with: Data(buffer.readableBytesView)) as? [String: Any]
    else { return [:] }
    return object.mapValues { value in
      if let text = value as? String { return text }
      if let number = value as? NSNumber {
        return String(cString: number.objCType) == "c" ? String(number.boolValue) : number.stringValue
      }
      return "\(value)"
    }
  }

  var problemType: String { problem["type"].map { String($0.split(separator: "#").last ?? "") } ?? "" }
}
