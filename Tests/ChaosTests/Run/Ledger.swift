import Foundation
import Idempotency
import IdempotencyTesting
import Synchronization
@testable import Harness

/// The origin of a run: it has effects, writes every one down, and misbehaves when a fault says so.
final class Ledger: Sendable {
  /// What the origin does to calls that are not trapped.
  enum Mode: Sendable {
    case answers
    /// Every other call is silent until the gate opens; its effect is had before.
    case silent(Gate)
    /// Every other call breaks off, in turn before and after its effect.
    case resets
    /// Every other answer ends in the middle.
    case halves
  }

  private struct State: Sendable {
    var effects: [History.Effect] = []
    var traps: [String: Trap] = [:]
    var mode = Mode.answers
    var count = 0
    var misbehaved = 0
  }

  /// What a request says.
  private struct Body: Decodable {
    let nonce: String
    let order: String
  }

  /// Keys that end so are refused without an effect the first time, so that they are released and reclaimed.
  static let releasedFirst = "-r"

  /// What an order says whose answer is long.
  static let wide = "wide"
  /// 40 KiB: some dozens fill what a worker may keep of outcomes, where that is as little as a configuration takes.
  private static let note = String(repeating: "-", count: 40 * 1024)

  private let state = Watched(State())

  /// Every effect so far.
  var effects: [History.Effect] { state.value.effects }

  /// How many calls the mode has spoilt.
  var misbehaved: Int { state.value.misbehaved }

  func mode(_ mode: Mode) {
    state.update { $0.mode = mode }
  }

  /// Waits until the mode has spoilt so many calls.
  func misbehaved(atLeast count: Int) async throws {
    let state = state
    try await within(.seconds(20), "the origin misbehaves") { await state.wait { $0.misbehaved >= count } }
  }

  /// Catches the next call with a key.
  func catches(_ key: String, in trap: Trap) {
    state.update { $0.traps[key] = trap }
  }

  /// Lets every call go on that is held.
  func openAll() {
    for trap in state.value.traps.values { trap.open() }
  }

  func effects(of key: String) -> [History.Effect] {
    state.value.effects.filter { $0.key == key }
  }

  /// Takes a call, as ``Origin/Script``.
  func take(_ call: OriginCall) async throws -> ScriptedAnswer {
    let body = try JSONDecoder().decode(Body.self, from: Data(call.body))
    let key = call.key ?? ""
    let (number, trap, mode) = state.update { state in
      state.count += 1
      return (state.count, call.numberOfKey == 1 ? state.traps[key] : nil, state.mode)
    }
    if let trap { return try await trapped(trap, call, body, key) }
    if call.numberOfKey == 1, key.hasSuffix(Self.releasedFirst) { return Self.refusal(body) }
    try await Task.sleep(for: .milliseconds(Int.random(in: 0...12)))
    guard number % 2 == 0 else { return answer(have(call, body, key)) }
    switch mode {
    case .answers:
      return answer(have(call, body, key))
    case .silent(let gate):
      let effect = have(call, body, key)
      state.update { $0.misbehaved += 1 }
      await gate.pass()
      return answer(effect)
    case .resets:
      if number % 4 == 0 { _ = have(call, body, key) }
      state.update { $0.misbehaved += 1 }
      throw Origin.Reset()
    case .halves:
      let text = Array(have(call, body, key).body.utf8)
      state.update { $0.misbehaved += 1 }
      return ScriptedAnswer(
        201, fields: Self.fields, body: .stream([.bytes(Array(text.prefix(text.count / 2))), .fail]))
    }
  }

  private func trapped(_ trap: Trap, _ call: OriginCall, _ body: Body, _ key: String) async throws -> ScriptedAnswer {
    var effect: History.Effect?
    if trap.stage == .afterEffect { effect = have(call, body, key) }
    await trap.hold()
    guard trap.ending == .answers else { throw Origin.Reset() }
    return answer(effect ?? have(call, body, key))
  }

  /// Has the effect.
  private func have(_ call: OriginCall, _ body: Body, _ key: String) -> History.Effect {
    state.update { state in
      let effect = History.Effect(
        nonce: body.nonce, key: key, fingerprint: body.order, attempt: call.attempt.flatMap { Int($0) } ?? 0,
        time: Instant.now,
        body: #"{"payment":\#(state.effects.count + 1),"nonce":"\#(body.nonce)","order":"\#(body.order)""#
          + (body.order == Self.wide ? #","note":"\#(Self.note)"}"# : "}"))
      state.effects.append(effect)
      return effect
    }
  }

  private static let fields = [Field("Content-Type", "application/json")]

  private func answer(_ effect: History.Effect) -> ScriptedAnswer {
    ScriptedAnswer(201, fields: Self.fields, effect.body)
  }

  private static func refusal(_ body: Body) -> ScriptedAnswer {
    ScriptedAnswer(429, fields: fields, #"{"error":"slow down","nonce":"\#(body.nonce)"}"#)
  }
}
