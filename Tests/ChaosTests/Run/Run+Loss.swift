import Idempotency
import IdempotencyTesting
import NIOCore
import Testing
@testable import Harness

/// What a Redis that was away has lost when it comes back.
enum Loss {
  case everything
  /// What it wrote after the file had this length: `appendfsync everysec` where the disk is slow.
  case end(mark: Int)
}

extension Run {
  /// A little less than the five seconds before the last contact, for which workers keep what was acknowledged: a
  /// client hears of it a little later than its worker.
  static let window = Duration.milliseconds(4_500)

  /// The calls that were told that their operation is done and its answer stored.
  var acknowledged: [History.Call] {
    recorder.calls.filter { $0.answer?.status == .executed && $0.answer?.isPending == false }
  }

  /// Demands that an operation that ran while Redis was away was told as executed to its own caller.
  ///
  /// Under hold. Once its lease is over, others may store the 500 in its place under store, and take over under
  /// execute-again: then its caller gets what they left, which the checks of all answers compare.
  func toldAsExecuted(_ subject: Subject, rule: String) async {
    let end = await subject.first.value
    guard fleet.options.unknownOutcome == .hold else { return }
    guard case .answered(let answer) = end, answer.status == .executed else {
      return recorder.complain(rule, "an operation that ran while Redis was away was not told as executed")
    }
  }

  /// Has fresh orders done, by the worker in this place or by any.
  func acknowledge(_ count: Int, text: String? = nil, at place: Int? = nil) async throws -> [Order] {
    let customer = customer
    return try await inParallel(0..<count) { _ in
      let order = text.map { Order(text: $0) } ?? Order()
      guard await customer.persist(order, from: place) else { throw HarnessError("an order was not done") }
      return order
    }
  }

  /// Kills Redis, which loses something and is away for a while.
  /// - Parameters:
  ///   - length: How long it is away.
  ///   - loss: What it loses.
  ///   - pause: How long it has been away when something else happens.
  ///   - event: What happens then.
  /// - Returns: When it was killed.
  /// - Throws: ``HarnessError`` if nothing was lost that had been acknowledged.
  @discardableResult
  func outage(
    _ length: Duration, losing loss: Loss, after pause: Duration = .zero, _ event: () -> Void = {}
  ) async throws -> Int64 {
    let acknowledged = acknowledged
    let begun = Instant.now
    await redis.kill()
    var log: String?
    switch loss {
    case .everything:
      try redis.eraseData()
      forgetEarlier(than: begun)
    case .end(let mark):
      try redis.truncateLog(to: mark)
      log = try redis.copyLog()
    }
    // Time itself is the fault.
    try await Task.sleep(for: pause)
    event()
    try await Task.sleep(for: length - pause)
    try await redis.restart()
    let lost =
      if let log { try await forgotten(acknowledged, at: begun, by: log) } else { Set(acknowledged.map(\.key)).count }
    guard lost > 0 else { throw HarnessError("no acknowledged answer was lost: nothing was hit (I15)") }
    recorder.met("lost answer restored")
    return begun
  }

  /// Says that Redis has forgotten what was acknowledged so long before `time` that no worker keeps it.
  ///
  /// Another record may stand in its place, as one that was reserved does in a primary that missed the completion.
  /// - Returns: The keys.
  @discardableResult
  func forgetEarlier(than time: Int64, standing head: RecordHead? = nil) -> Set<String> {
    let early = acknowledged.filter { $0.returned < time - Self.window.nanoseconds }
    let keys = Set(early.map(\.key))
    forget(keys, at: time)
    if let head {
      recorder.forgot(keys.map { History.State(key: $0, time: time, head: head, isForgotten: true) })
    }
    return keys
  }

  /// Says that Redis has forgotten these keys, and nobody puts them back.
  func forget(_ keys: some Sequence<String>, at time: Int64) {
    recorder.forgot(keys.map { History.State(key: $0, time: time, head: nil, isForgotten: true) })
  }

  /// The keys whose effects a worker has brought about so far.
  func performed(by place: Int) -> Set<String> {
    let places = recorder.places
    return Set(ledger.effects.filter { places[$0.nonce] == place }.map(\.key))
  }

  /// Asks workers for an order again and again until each decides about it: the first request that is not turned away
  /// comes in the moment in which the worker takes reservations again.
  func decided(_ order: Order, at places: some Sequence<Int> & Sendable) async throws {
    let customer = customer
    _ = try await inParallel(places) { try await customer.decision(about: order, at: $0) }
  }

  /// Demands of every worker that it replays what was acknowledged.
  func replayed(_ orders: [Order]) async throws {
    let customer = customer
    let wrong = try await inParallel(fleet.workers.indices) { place in
      var wrong: [String] = []
      for order in orders {
        let answer = try await customer.decision(about: order, at: place)
        if answer.status != .replayed { wrong.append("\(answer.status.rawValue) by worker \(place)") }
      }
      return wrong
    }.flatMap(\.self)
    guard let first = wrong.first else { return }
    recorder.complain("X8", "\(wrong.count) requests for what was acknowledged were not replayed, the first \(first)")
  }

  /// Looks what Redis had kept when it came back, by a copy of its log, and writes down what of acknowledged answers it has not.
  ///
  /// Between its return and their owner's putting them back, others find what stood before: a reservation.
  /// - Returns: How many answers are lost.
  func forgotten(_ acknowledged: [History.Call], at time: Int64, by log: String) async throws -> Int {
    let kept = try await RedisServer.records(in: log)
    guard var reservation = kept.values.first else { throw HarnessError("Redis has kept no record") }
    reservation.state = .reserved
    let lost = Set(acknowledged.map(\.key)).filter { kept[$0]?.state != .completed }
    let first = Dictionary(recorder.calls.map { ($0.key, $0.invoked) }, uniquingKeysWith: min)
    for key in lost {
      recorder.forgot(
        [first[key] ?? time, time].map {
          History.State(key: key, time: $0, head: reservation, isForgotten: true)
        })
    }
    return lost.count
  }
}

extension Customer {
  /// Asks a worker for an order until its store is there for it.
  fileprivate func decision(about order: Order, at place: Int) async throws -> History.Call.Answer {
    try await eventually(within: Duration(fleet.options.settle) + .seconds(20)) {
      if case .answered(let answer) = await self.ask(order, at: place), answer.status != .failed { return answer }
      try await Task.sleep(for: .milliseconds(20))
      return nil
    }
  }
}
