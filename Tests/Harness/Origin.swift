import Foundation

/// The API behind the layer: it answers as a test scripts it, and its ledger holds every call that had its effect.
final class Origin: Sendable {
  /// What is said to a call: it may wait at gates, and what it throws the origin throws.
  typealias Script = @Sendable (OriginCall) async throws -> ScriptedAnswer

  private struct State: Sendable {
    var script: Script = Origin.payment
    var calls: [OriginCall] = []
    var answered = 0
    var refusal: String?
  }

  /// What a script throws when the connection shall break before a byte of the answer: the outcome is unknown.
  struct Reset: Error {}

  private let state = Watched(State())

  /// 201 with a body that no two calls share.
  static let payment: Script = { call in
    ScriptedAnswer(
      201, fields: [Field("Content-Type", "application/json"), Field("Location", "/payments/\(call.number)")],
      #"{"payment":\#(call.number),"nonce":"\#(UUID())"}"#)
  }

  /// From now on calls are answered so.
  func answers(_ script: @escaping Script) {
    state.update { $0.script = script }
  }

  /// From now on calls are answered with this.
  func answers(with answer: ScriptedAnswer) {
    answers { _ in answer }
  }

  /// From now on calls are answered with these, one after the other; the last one again and again.
  func answers(inTurn answers: [ScriptedAnswer]) {
    self.answers { answers[min($0.number, answers.count) - 1] }
  }

  /// From now on calls wait at a gate before they are answered with `answer`.
  func answers(behind gate: Gate, _ answer: @escaping Script = Origin.payment) {
    answers { call in
      await gate.pass()
      return try await answer(call)
    }
  }

  /// Why the origin is not reached, when it is not: see ``Cluster/originRefuses(_:)``.
  var refusal: String? { state.value.refusal }

  /// From now on the origin is not reached, or it is again.
  func refuses(_ reason: String?) {
    state.update { $0.refusal = reason }
  }

  /// Every call so far.
  var calls: [OriginCall] { state.value.calls }

  /// The calls that bore this key, as sent.
  func calls(key: String) -> [OriginCall] {
    calls.filter { $0.key == key }
  }

  /// Waits until so many calls have come.
  func called(times count: Int = 1) async {
    await state.wait { $0.calls.count >= count }
  }

  /// Waits until so many calls have been answered or have failed.
  func answered(times count: Int = 1) async {
    await state.wait { $0.answered >= count }
  }

  /// Writes a call into the ledger and says what the script says to it.
  func take(
    method: String, target: String, fields: [Field], body: [UInt8], trailers: [Field] = []
  ) async throws -> ScriptedAnswer {
    let (call, script) = state.update { state in
      let key = fields.first { $0.name.lowercased() == "idempotency-key" }?.bytes
      let earlier = state.calls.count { $0.key.map { Array($0.utf8) } == key }
      let call = OriginCall(
        number: state.calls.count + 1, numberOfKey: earlier + 1, method: method, target: target, fields: fields,
        body: body, trailers: trailers)
      state.calls.append(call)
      return (call, state.script)
    }
    defer { state.update { $0.answered += 1 } }
    return try await script(call)
  }
}
