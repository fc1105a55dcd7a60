import Foundation
import Idempotency
import IdempotencyTesting
import Synchronization
@testable import Harness

/// Writes down every request of a run and its answer.
final class Recorder: Sendable {
  private struct State: Sendable {
    var calls: [History.Call] = []
    var states: [History.State] = []
    var situations: Set<String> = []
    var orders: Set<Order> = []
    var count = 0
    var complaints: [HistoryChecker.Violation] = []
    /// Which worker each request went to, by its nonce.
    var places: [String: Int] = [:]
  }

  private let state = Watched(State())

  /// Every call so far that was answered or given up.
  var calls: [History.Call] { state.value.calls }

  /// What Redis is known to have forgotten.
  var states: [History.State] { state.value.states }

  /// What happened that is worth having happened.
  var situations: Set<String> { state.value.situations }

  /// Which worker each request went to, by its nonce.
  var places: [String: Int] { state.value.places }

  /// What was asked for, under every key.
  var orders: [Order] { Array(state.value.orders) }

  /// What a fault itself saw that must not have happened.
  var complaints: [HistoryChecker.Violation] { state.value.complaints }

  /// Says that something happened that must not have happened.
  func complain(_ rule: String, _ text: String) {
    state.update { $0.complaints.append(.init(rule, text)) }
  }

  /// Says that something happened that is worth having happened.
  func met(_ situation: String) {
    state.update { _ = $0.situations.insert(situation) }
  }

  /// Names a request of this order, which goes to the worker in this place.
  func nonce(for order: Order, at place: Int? = nil) -> String {
    state.update { state in
      state.count += 1
      state.orders.insert(order)
      state.places["n\(state.count)"] = place
      return "n\(state.count)"
    }
  }

  /// Says that Redis has forgotten the last writes to a key.
  func forgot(_ states: [History.State]) {
    state.update { $0.states += states }
  }

  func write(_ call: History.Call) {
    state.update { $0.calls.append(call) }
  }

  /// Waits until so many calls have been answered for good.
  func settled(atLeast count: Int) async throws {
    let state = state
    try await within(.seconds(30), "\(count) calls are answered for good") {
      await state.wait { $0.calls.count { $0.isForGood } >= count }
    }
  }

  /// Waits for a call of which something holds.
  func call(_ what: String, where holds: @escaping @Sendable (History.Call) -> Bool) async throws {
    let state = state
    try await within(.seconds(20), what) { await state.wait { $0.calls.contains(where: holds) } }
  }
}

extension History.Call {
  /// Whether the operation is done, and this call's client knows.
  var isForGood: Bool { answer?.status == .executed || answer?.status == .replayed }
}

extension History.Call.Answer {
  /// What a client reads of an answer; nil for one that is none of this layer's.
  init?(_ reply: Reply) {
    guard let status = reply.label.flatMap(IdempotencyStatus.init) else { return nil }
    self.init(
      status: status, code: reply.status, body: reply.text, isPending: reply["Idempotency-Stored"] == "pending",
      echo: (try? reply.json["nonce"])?.string)
  }
}
