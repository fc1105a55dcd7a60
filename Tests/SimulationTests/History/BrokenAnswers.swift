import Idempotency
import IdempotencyTesting

extension HistoryCase {
  /// What calls and effects alone give away, each by one invariant only.
  static let brokenAnswers: [HistoryCase] = [
    HistoryCase("I1", "a second effect under hold") { $0.effects.append(Sample.effect("z", 25)) },
    HistoryCase("I1", "a second effect under store") {
      $0.settings.unknownOutcome = .store
      $0.effects.append(Sample.effect("z", 25, attempt: 2))
    },
    HistoryCase("I1", "two effects of one attempt under execute-again", Sample.empty(.executeAgain)) {
      $0.effects = [Sample.effect("a", 20), Sample.effect("b", 30)]
    },
    HistoryCase("I1", "a second effect after the store went back to an earlier record") {
      $0.states = []
      $0.states.append(Sample.state(12, Sample.head(.reserved)))
      $0.states.append(Sample.state(22, Sample.head(.reserved, until: 105), isForgotten: true))
      $0.effects.append(Sample.effect("z", 25))
    },
    HistoryCase("I2", "a replay with another code") { $0.calls[2].answer?.code = 201 },
    HistoryCase("I2", "two replays of two executions", Sample.empty(.executeAgain)) {
      $0.effects = [Sample.effect("a", 20, "one answer"), Sample.effect("b", 30, attempt: 2, "another answer")]
      $0.calls = [
        Sample.call("c", 40...50, .replayed, "one answer"), Sample.call("d", 60...70, .replayed, "another answer"),
      ]
    },
    HistoryCase("I2", "a call that saw the key vanish has an answer of neither life", Sample.empty(.executeAgain)) {
      $0.effects = [
        Sample.effect("a", 10, "one"), Sample.effect("b", 50, "two"), Sample.effect("c", 60, attempt: 2, "three"),
      ]
      $0.states = [
        Sample.state(5, Sample.head(.completed)), Sample.state(30, nil, isForgotten: true),
        Sample.state(40, Sample.head(.completed, "b")),
      ]
      $0.calls = [
        Sample.call("d", 12...20, .replayed, "one"), Sample.call("e", 15...80, .replayed, "three"),
        Sample.call("f", 62...70, .replayed, "two"),
      ]
    },
    HistoryCase("I3", "an answer that nobody gave", Sample.empty()) {
      $0.effects = [Sample.effect("a", 20)]
      $0.calls = [Sample.call("c", 30...40, .replayed, "made up")]
    },
    HistoryCase("I3", "another key's answer, under store, too", Sample.empty(.store)) {
      $0.effects = [Sample.effect("a", 20, key: "wallet:bob:k1")]
      $0.calls = [Sample.call("c", 30...40, .replayed, Sample.answer)]
    },
    HistoryCase("I3", "the answer to another fingerprint", Sample.empty()) {
      $0.effects = [Sample.effect("a", 20)]
      $0.calls = [Sample.call("c", 30...40, .replayed, Sample.answer, asks: "pay 7")]
    },
    HistoryCase("I4", "a replay before the effect", Sample.empty()) {
      $0.effects = [Sample.effect("a", 50)]
      $0.calls = [Sample.call("a", 10...60), Sample.call("c", 20...30, .replayed, Sample.answer)]
    },
    HistoryCase("I4", "a replay before its execution was asked for", Sample.empty()) {
      $0.calls = [
        Sample.call("c", 20...30, .replayed, Sample.answer), Sample.call("a", 40...50, .executed, Sample.answer),
      ]
    },
    HistoryCase("I8", "a mismatch with an effect", Sample.empty()) {
      $0.effects = [Sample.effect("d", 20, asks: "pay 7")]
      $0.calls = [Sample.call("d", 10...30, .mismatch, "already used", asks: "pay 7")]
    },
    HistoryCase("I8", "a refused mismatch that says the stored answer") {
      $0.calls[3].answer?.body = "already used: \(Sample.answer)"
    },
    HistoryCase("I9", "in-progress where nobody else ever called", Sample.empty()) {
      $0.calls = [Sample.call("b", 10...20, .inProgress)]
    },
    HistoryCase("I9", "in-progress among others of its kind that have ended", Sample.empty()) {
      $0.calls = [
        Sample.call("d", 1...5, .mismatch, asks: "pay 7"), Sample.call("b", 10...20, .inProgress),
        Sample.call("c", 30...40, .executed, Sample.answer),
      ]
    },
    HistoryCase("I9", "in-progress after the reservation has ended", Sample.empty()) {
      $0.states = [Sample.state(5, Sample.head(.reserved)), Sample.state(10, Sample.head(.free))]
      $0.calls = [Sample.call("b", 20...30, .inProgress)]
    },
    HistoryCase("I10", "a key without a probe") { $0.calls[4].isProbe = false },
    HistoryCase("I10", "a probe that failed") {
      $0.calls[4].answer = .init(status: .failed, code: 503, body: "")
      $0.counts?[.replayed] = 1
      $0.counts?[.failed] = 1
    },
    HistoryCase("I10", "a probe without an answer") { $0.calls[4].answer = nil },
    HistoryCase("I10", "uncertain after the faults under execute-again", Sample.empty(.executeAgain)) {
      $0.healed = 0
      $0.calls = [Sample.call("p", 10...20, .uncertain, isProbe: true)]
    },
    HistoryCase("I10", "only the last probe counts", Sample.empty()) {
      $0.healed = 0
      $0.calls = [
        Sample.call("p", 10...20, .released, isProbe: true), Sample.call("q", 30...40, .failed, isProbe: true),
      ]
    },
    HistoryCase("I10", "a record that stays for ever") { $0.states[2].timeToLive = -1 },
    HistoryCase("I12", "an executed answer with another's nonce") { $0.calls[0].answer?.echo = "b" },
    HistoryCase("I12", "a replay with a nonce that had no effect") { $0.calls[2].answer?.echo = "c" },
    HistoryCase("I12", "a released answer with another's nonce", Sample.empty()) {
      $0.calls = [Sample.call("a", 10...20, .released, echo: "b")]
    },
    HistoryCase("I13", "uncertain after it was acknowledged", Sample.empty()) {
      $0.calls = [Sample.call("a", 10...40, .executed, Sample.answer), Sample.call("c", 50...60, .uncertain)]
    },
    HistoryCase("I13", "released after it was acknowledged", Sample.empty()) {
      $0.calls = [Sample.call("a", 10...40, .executed, Sample.answer), Sample.call("c", 50...60, .released)]
    },
    HistoryCase("I13", "executed again after it was acknowledged", Sample.empty(.executeAgain)) {
      $0.calls = [
        Sample.call("a", 10...40, .executed, Sample.answer), Sample.call("c", 50...60, .executed, Sample.answer),
      ]
    },
    HistoryCase("I14", "an answer that was not counted") { $0.counts?[.inProgress] = 0 },
    HistoryCase("I14", "more counted than answered, and every call has an answer") { $0.counts?[.released] = 1 },
  ]

  /// I11, for every status that says that nothing happened.
  static let definiteFailures: [HistoryCase] =
    [IdempotencyStatus.released, .failed, .rejected].map { status in
      HistoryCase("I11", "\(status.rawValue) with an effect", Sample.empty()) {
        $0.effects = [Sample.effect("a", 20)]
        $0.calls = [Sample.call("a", 10...30, status)]
      }
    } + [
      HistoryCase("I11", "in-progress with an effect, under hold", Sample.empty()) {
        $0.effects = [Sample.effect("a", 20)]
        $0.calls = [Sample.call("a", 10...30, .inProgress), Sample.call("b", 10...30)]
      }
    ]
}
