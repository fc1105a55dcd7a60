import Idempotency
import IdempotencyTesting
import Testing

@Suite struct HistoryCheckerTests {
  @Test("I1 to I14: nothing is said about a good history")
  func good() {
    #expect(HistoryChecker(Sample.good).violations() == [])
    #expect(HistoryChecker(Sample.empty(nil)).violations() == [])
  }

  @Test("Each broken answer is named by its own invariant", arguments: HistoryCase.brokenAnswers)
  func answers(_ example: HistoryCase) {
    #expect(example.found == [example.invariant], "\(HistoryChecker(example.history).violations())")
  }

  @Test("I11: a definite failure has no effect", arguments: HistoryCase.definiteFailures)
  func failures(_ example: HistoryCase) {
    #expect(example.found == [example.invariant], "\(HistoryChecker(example.history).violations())")
  }

  @Test("I5, I6, I7: each broken change of state is named by its own invariant", arguments: HistoryCase.brokenStates)
  func states(_ example: HistoryCase) {
    #expect(example.found == [example.invariant], "\(HistoryChecker(example.history).violations())")
  }

  @Test("A near miss is not reported", arguments: HistoryCase.harmless)
  func harmless(_ example: HistoryCase) {
    #expect(HistoryChecker(example.history).violations() == [])
  }

  @Test("I1 and I8: another fingerprint's effect breaks both")
  func anotherFingerprint() {
    var history = Sample.good
    history.effects.append(Sample.effect("d", 72, asks: "pay 7"))
    history.calls[3].answer?.status = .uncertain
    history.counts = nil
    let found = Set(HistoryChecker(history).violations().map(\.invariant))
    #expect(found == ["I1", "I8", "I13"])
  }

  @Test("I2 and I13: another answer than the acknowledged one breaks both")
  func anotherAnswer() {
    let example = HistoryCase("I13", "another answer later", Sample.empty(.store)) {
      $0.calls = [
        Sample.call("a", 10...40, .executed, Sample.answer), Sample.call("c", 50...60, .replayed, "outcome lost"),
      ]
    }
    #expect(example.found == ["I2", "I13"])
  }

  @Test("I5 and I13: an acknowledged record that changes breaks both")
  func acknowledgedChanges() {
    var history = Sample.good
    history.states.append(Sample.state(65, Sample.head(.free, until: 130)))
    #expect(Set(HistoryChecker(history).violations().map(\.invariant)) == ["I5", "I13"])
  }

  /// Every change that a command can make, each from a fresh key.
  @Test(
    "I5: the diagram's own changes",
    arguments: [
      [Sample.head(.reserved), Sample.head(.reserved, until: 200), Sample.head(.completed, until: 200)],
      [Sample.head(.reserved), Sample.head(.notRetained)],
      [Sample.head(.reserved), Sample.head(.uncertain, until: 200), Sample.head(.completed, until: 200)],
      [Sample.head(.reserved), Sample.head(.uncertain), Sample.head(.notRetained, "f")],
      [Sample.head(.reserved), Sample.head(.uncertain), Sample.head(.free, "f", asks: .any)],
      [Sample.head(.reserved), Sample.head(.uncertain), Sample.head(.free, asks: .any)],
      [Sample.head(.reserved), Sample.head(.free, asks: .any), Sample.head(.free, "b", asks: .any)],
      [
        Sample.head(.reserved), Sample.head(.free, asks: .any),
        Sample.head(.reserved, "b", attempt: 2, asks: Sample.fingerprint("7")),
      ],
      [
        Sample.head(.free), Sample.head(.reserved, "b", attempt: 2, choice: .store),
        Sample.head(.free, "b", attempt: 2),
      ],
      [
        Sample.head(.reserved, choice: .executeAgain),
        Sample.head(.reserved, "b", until: 300, attempt: 2, choice: .store),
      ],
      [Sample.head(.completed)], [Sample.head(.notRetained)], [Sample.head(.uncertain)],
    ])
  func diagram(_ heads: [RecordHead]) {
    var history = Sample.empty()
    history.states = heads.enumerated().map { Sample.state(Int64($0.offset) * 200, $0.element) }
    #expect(HistoryChecker(history).violations() == [])
  }

  @Test("I15: what did not happen is missing")
  func missing() {
    let checker = HistoryChecker(Sample.good)
    #expect(checker.missing(["takeover"]) == [])
    #expect(checker.missing(["takeover", "lost reply"]) == ["lost reply"])
  }

  @Test("Every invariant has a broken history and a near miss here")
  func complete() {
    let broken = HistoryCase.brokenAnswers + HistoryCase.brokenStates + HistoryCase.definiteFailures
    let all = Set((1...14).map { "I\($0)" })
    #expect(Set(broken.map(\.invariant)) == all)
    #expect(Set(HistoryCase.harmless.map(\.invariant)) == all)
  }
}
