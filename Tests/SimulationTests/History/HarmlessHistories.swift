import Idempotency
import IdempotencyTesting

extension HistoryCase {
  /// What looks like a violation and is none, by the invariant that must not report it.
  static let harmless: [HistoryCase] = [
    HistoryCase("I1", "an effect in each life of a key", Sample.empty()) {
      $0.effects = [Sample.effect("a", 20), Sample.effect("b", 60)]
      $0.states = [
        Sample.state(10, Sample.head(.reserved)), Sample.state(40, nil, isForgotten: true),
        Sample.state(50, Sample.head(.reserved, "b")),
      ]
    },
    HistoryCase("I1", "a further attempt under execute-again", Sample.empty(.executeAgain)) {
      $0.effects = [Sample.effect("a", 20), Sample.effect("b", 60, attempt: 2)]
    },
    HistoryCase("I1", "one effect of each of two keys") {
      $0.healed = nil
      $0.effects.append(Sample.effect("z", 25, key: "wallet:bob:k1"))
    },
    HistoryCase("I1", "an effect without the store, because the policy says so", Sample.empty()) {
      $0.effects = [Sample.effect("a", 20), Sample.effect("b", 60, attempt: 0, asks: "pay 7")]
      $0.calls = [
        Sample.call("a", 10...30, .executed, Sample.answer), Sample.call("b", 50...70, .unguarded, asks: "pay 7"),
      ]
    },
    HistoryCase("I2", "a pending answer that was not stored after all", Sample.empty(.executeAgain)) {
      $0.effects = [Sample.effect("a", 20, "one answer"), Sample.effect("b", 60, attempt: 2, "another answer")]
      $0.calls = [
        Sample.call("a", 10...30, .executed, "one answer", isPending: true),
        Sample.call("b", 50...70, .executed, "another answer"), Sample.call("c", 80...90, .replayed, "another answer"),
      ]
    },
    HistoryCase("I2", "another answer in another life, and a call that saw both", Sample.empty()) {
      $0.effects = [Sample.effect("a", 10, "one"), Sample.effect("b", 50, "two")]
      $0.states = [
        Sample.state(5, Sample.head(.completed)), Sample.state(30, nil, isForgotten: true),
        Sample.state(40, Sample.head(.completed, "b")),
      ]
      $0.calls = [
        Sample.call("d", 12...20, .replayed, "one"), Sample.call("e", 15...80, .replayed, "one"),
        Sample.call("f", 62...70, .replayed, "two"),
      ]
    },
    HistoryCase("I3", "the layer's own answer under store", Sample.empty(.store)) {
      $0.effects = [Sample.effect("a", 20)]
      $0.calls = [
        Sample.call("a", 10...30), Sample.call("b", 200...210, .replayed, "outcome lost", code: 500),
        Sample.call("c", 220...230, .replayed, "outcome lost", code: 500),
      ]
    },
    HistoryCase("I3", "the first answer for another fingerprint, where that is the rule", Sample.empty(.hold, .replay))
    {
      $0.effects = [Sample.effect("a", 20)]
      $0.calls = [Sample.call("c", 30...40, .replayed, Sample.answer, asks: "pay 7")]
    },
    HistoryCase("I3", "an operator's answer", Sample.empty()) {
      $0.calls = [Sample.call("c", 300...310, .replayed, "decided")]
      $0.commands = [
        History.Command(
          key: RecordKey(unchecked: "wallet", scope: "-", clientKey: "k1"),
          operation: .resolve(
            token: Sample.token("a"), attempt: 1, newToken: Sample.token("f"),
            record: Sample.record(Sample.head(.completed, "f"), "decided"), ttl: 60_000, wait: 0, force: true),
          invoked: 0, returned: nil, reply: nil, storeTime: Sample.epoch...Sample.epoch)
      ]
    },
    HistoryCase("I4", "a replay that was asked for before the effect and is there after it", Sample.empty()) {
      $0.effects = [Sample.effect("a", 50)]
      $0.calls = [Sample.call("a", 10...60), Sample.call("c", 20...51, .replayed, Sample.answer)]
    },
    HistoryCase("I5", "what the store forgot", Sample.empty()) {
      $0.states = [
        Sample.state(10, Sample.head(.completed)), Sample.state(20, Sample.head(.reserved), isForgotten: true),
        Sample.state(30, nil, isForgotten: true), Sample.state(40, Sample.head(.completed)),
      ]
    },
    HistoryCase("I5", "attempts have run out", Sample.empty(.executeAgain)) {
      let last = RecordHead.maximumAttempt
      $0.states = [
        Sample.state(10, Sample.head(.free, attempt: last, choice: .executeAgain)),
        Sample.state(20, Sample.head(.uncertain, attempt: last, choice: .executeAgain)),
      ]
    },
    HistoryCase("I6", "taken over when the lease could be over", takeover(at: 200)) {
      $0.commands = [reclaim(at: 109...112)]
    },
    HistoryCase("I6", "taken over a lease after the first call, by rounded times", takeover(at: 112)) {
      $0.calls = [Sample.call("a", 12...20), Sample.call("b", 80...95)]
    },
    HistoryCase("I6", "reserved anew after the store forgot a live lease", Sample.empty()) {
      $0.states = [
        Sample.state(12, Sample.head(.reserved)), Sample.state(20, nil, isForgotten: true),
        Sample.state(25, Sample.head(.reserved, "b", until: 125)),
      ]
      $0.calls = [Sample.call("a", 10...20), Sample.call("b", 22...30)]
    },
    HistoryCase("I7", "a lost executor's key settled by its finder under store", Sample.empty(.store)) {
      $0.states = [
        Sample.state(10, Sample.head(.reserved, choice: .store)),
        Sample.state(300, Sample.head(.completed, "b", choice: .store)),
      ]
    },
    HistoryCase("I7", "an operator's token", Sample.empty()) {
      $0.states = [
        Sample.state(10, Sample.head(.reserved)), Sample.state(300, Sample.head(.uncertain)),
        Sample.state(400, Sample.head(.completed, "f")),
      ]
    },
    HistoryCase("I7", "a lower attempt in another life", Sample.empty()) {
      $0.states = [
        Sample.state(10, Sample.head(.free, attempt: 7)), Sample.state(20, nil, isForgotten: true),
        Sample.state(30, Sample.head(.reserved, "b")),
      ]
    },
    HistoryCase("I8", "a mismatch that shares a word with a short answer") {
      $0.effects[0].body = "used"
      for index in [0, 2, 4] { $0.calls[index].answer?.body = "used" }
    },
    HistoryCase("I8", "another fingerprint after a release", Sample.empty()) {
      $0.effects = [Sample.effect("b", 50, asks: "pay 7")]
      $0.calls = [
        Sample.call("a", 10...20, .released), Sample.call("b", 30...60, .executed, Sample.answer, asks: "pay 7"),
      ]
    },
    HistoryCase("I9", "in-progress long after a call without an answer", Sample.empty()) {
      $0.calls = [Sample.call("a", 10...20), Sample.call("b", 500...510, .inProgress)]
    },
    HistoryCase("I9", "in-progress at the last moment of a reservation", Sample.empty()) {
      $0.states = [Sample.state(5, Sample.head(.reserved)), Sample.state(20, Sample.head(.free))]
      $0.calls = [Sample.call("b", 20...30, .inProgress)]
    },
    HistoryCase("I10", "uncertain after the faults under hold", Sample.empty()) {
      $0.healed = 0
      $0.calls = [Sample.call("p", 10...20, .uncertain, isProbe: true)]
    },
    HistoryCase("I10", "faults that never stopped") {
      $0.healed = nil
      $0.calls[4].isProbe = false
    },
    HistoryCase("I11", "in-progress to an owner whose lease was taken over", Sample.empty(.executeAgain)) {
      $0.effects = [Sample.effect("a", 20), Sample.effect("b", 150, attempt: 2)]
      $0.calls = [Sample.call("a", 10...160, .inProgress), Sample.call("b", 140...200, .executed, Sample.answer)]
    },
    HistoryCase("I11", "uncertain with an effect", Sample.empty()) {
      $0.effects = [Sample.effect("a", 20)]
      $0.calls = [Sample.call("a", 10...30, .uncertain)]
    },
    HistoryCase("I12", "answers that echo nothing") {
      for index in $0.calls.indices { $0.calls[index].answer?.echo = nil }
    },
    HistoryCase("I13", "uncertain asked for before it was acknowledged", Sample.empty()) {
      $0.calls = [Sample.call("a", 10...40, .executed, Sample.answer), Sample.call("c", 39...60, .uncertain)]
    },
    HistoryCase("I13", "executed again after the store forgot it", Sample.empty()) {
      $0.calls = [
        Sample.call("a", 10...20, .executed, "one answer"), Sample.call("b", 50...60, .executed, "another answer"),
      ]
      $0.states = [
        Sample.state(15, Sample.head(.completed)), Sample.state(40, nil, isForgotten: true),
        Sample.state(55, Sample.head(.completed, "b")),
      ]
    },
    HistoryCase("I13", "a store that cannot be asked") {
      $0.calls.append(Sample.call("e", 80...85, .failed, code: 503))
      $0.counts?[.failed] = 1
    },
    HistoryCase("I14", "an answer that was counted and got lost") {
      $0.calls[2].answer = nil
      $0.calls.append(Sample.call("e", 80...85, .ignored))
    },
  ]
}
