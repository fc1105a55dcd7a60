internal import Idempotency
internal import NIOCore

/// What a history says about one key, in the order of time.
struct KeyHistory {
  let key: String
  /// By the time they were sent.
  var calls: [History.Call] = []
  /// By their time.
  var effects: [History.Effect] = []
  /// In the order of the changes.
  var states: [History.State] = []
  /// When the promise for it ended; nil where nobody puts back what the store forgets.
  var losses: [Int64]?
  /// When the store had forgotten the key altogether, or the promise for it ended.
  private var vanished: [Int64] = []

  init(key: String) {
    self.key = key
  }

  /// Brings everything in order and finds where the key's periods begin.
  mutating func prepare() {
    calls.sort { ($0.invoked, $0.nonce) < ($1.invoked, $1.nonce) }
    effects.sort { ($0.time, $0.attempt) < ($1.time, $1.attempt) }
    vanished = losses ?? states.filter { $0.isForgotten && $0.head == nil }.map(\.time)
  }

  /// Whether what is acknowledged at `time` is promised to stay: not once a record was lost that nobody could put back.
  func isPromised(at time: Int64) -> Bool { losses?.first.map { time < $0 } ?? true }

  /// The key's life at `time`: it has another one whenever the store forgot it altogether, as when retention ends.
  func period(at time: Int64) -> Int { vanished.count { $0 <= time } }

  /// The lives in which a call can have been answered; more than one for a call that saw the key vanish.
  func periods(of call: History.Call) -> ClosedRange<Int> {
    guard !vanished.isEmpty else { return 0...0 }
    let first = period(at: call.invoked)
    return first...max(first, period(at: call.returned))
  }

  /// The effects of all but those that were told that they ran unguarded.
  var guardedEffects: [History.Effect] {
    let unguarded = Set(calls.filter { $0.answer?.status == .unguarded }.map(\.nonce))
    return unguarded.isEmpty ? effects : effects.filter { !unguarded.contains($0.nonce) }
  }

  /// Each change from a state to the next one, those left out that the store did not make by a command.
  ///
  /// The first state, too, is a change, from nothing.
  var changes: [(before: RecordHead?, beforeRest: String, state: History.State)] {
    var before: RecordHead?
    var rest = ""
    var changes: [(RecordHead?, String, History.State)] = []
    for state in states {
      if !state.isForgotten { changes.append((before, rest, state)) }
      before = state.head
      rest = state.rest
    }
    return changes
  }
}

/// A history by keys, and what rules ask of all of it.
struct RunHistory {
  /// In the order of their names.
  let keys: [KeyHistory]
  /// Which keys' effects have a body.
  let owners: [String: Set<String>]
  /// Bodies that an operator stored.
  let decided: Set<String>
  /// Reclaims by the token they bring; a resent one is there twice.
  let reclaims: [OwnerToken: [History.Command]]

  init(_ history: History) {
    var keys: [String: KeyHistory] = [:]
    for call in history.calls { keys[call.key, default: KeyHistory(key: call.key)].calls.append(call) }
    var owners: [String: Set<String>] = [:]
    for effect in history.effects {
      keys[effect.key, default: KeyHistory(key: effect.key)].effects.append(effect)
      owners[effect.body, default: []].insert(effect.key)
    }
    for state in history.states { keys[state.key, default: KeyHistory(key: state.key)].states.append(state) }
    for key in keys.keys {
      keys[key]?.losses = history.losses.map { $0[key] ?? [] }
      keys[key]?.prepare()
    }
    self.keys = keys.values.sorted { $0.key < $1.key }
    self.owners = owners
    var decided: Set<String> = []
    var reclaims: [OwnerToken: [History.Command]] = [:]
    for command in history.commands {
      switch command.operation {
      case .resolve(_, _, _, let record, _, _, _):
        decided.insert(String(decoding: record.body.readableBytesView, as: UTF8.self))
      case .reclaim(_, _, let record, _, _, _): reclaims[record.head.token, default: []].append(command)
      default: break
      }
    }
    self.decided = decided
    self.reclaims = reclaims
  }
}

extension History.Call {
  /// The answer, if it is one of those that must be the same for all: executed and stored, or replayed.
  var finalAnswer: Answer? {
    guard let answer, !answer.isPending, answer.status == .executed || answer.status == .replayed else { return nil }
    return answer
  }
}
