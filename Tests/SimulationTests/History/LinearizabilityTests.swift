import Idempotency
import IdempotencyTesting
import Testing

@Suite struct LinearizabilityTests {
  @Test("Linearizability: orders", arguments: LogCase.orders)
  func orders(_ example: LogCase) {
    check(example)
  }

  @Test("Linearizability: lost replies", arguments: LogCase.lostReplies)
  func lostReplies(_ example: LogCase) {
    check(example)
  }

  @Test("Linearizability: the store's time", arguments: LogCase.times)
  func times(_ example: LogCase) {
    check(example)
  }

  private func check(_ example: LogCase) {
    let violations = example.log.violations()
    #expect(violations.isEmpty == example.explained, "\(violations)")
    #expect(violations.allSatisfy { $0.hasPrefix("linearizability: \(CommandLog.key)") })
  }

  @Test("Linearizability: a violation says what could not be explained")
  func message() {
    var log = CommandLog()
    log.add(0...5, CommandLog.reserve("a"), .granted)
    log.add(10...15, CommandLog.reserve("b"), .granted)
    #expect(
      log.violations() == [
        "linearizability: wallet:-:k1: after 1 of 2 commands nothing explains any of [\"reserve -> granted\"]"
      ])
  }

  @Test("Linearizability: what the store forgot explains that it is gone", arguments: [true, false])
  func forgotten(_ isTold: Bool) {
    var log = CommandLog()
    log.add(0...5, CommandLog.reserve("a"), .granted)
    log.add(20...30, CommandLog.reserve("b"), .granted)
    if isTold {
      log.history.states = [Sample.state(10, nil, isForgotten: true, key: CommandLog.key.description)]
    }
    #expect(log.violations().isEmpty == isTold)
  }

  @Test(
    "Linearizability: the store goes back to what stood there before, and to nothing else", arguments: [true, false])
  func goesBack(_ stoodThere: Bool) {
    var log = CommandLog()
    log.add(0...5, CommandLog.reserve("a"), .granted)
    log.add(10...15, CommandLog.complete("a"), .applied)
    log.add(30...35, .read, CommandLog.standing(CommandLog.reserved("a")))
    let head = stoodThere ? CommandLog.reserved("a").head : CommandLog.reserved("b").head
    log.history.states = [Sample.state(20, head, isForgotten: true, key: CommandLog.key.description)]
    #expect(log.violations().isEmpty == stoodThere)
  }

  @Test("Linearizability: a search without an end is no success")
  func tooLarge() {
    var log = CommandLog()
    // Any of these may have been the one that is read, and none is.
    for owner in "0123456789abcdef" { log.add(0...0, CommandLog.reserve(owner), nil) }
    log.add(10...15, .read, CommandLog.standing(CommandLog.completed("a")))
    #expect(
      log.violations(searchLimit: 10) == [
        "linearizability: wallet:-:k1: too large to check: 17 commands, 10 steps"
      ])
    #expect(log.violations().first?.contains("nothing explains") == true)
  }

  @Test("Linearizability: a long history takes about a step for each command")
  func long() {
    var log = CommandLog()
    var time: Int64 = 0
    log.add(0...5, CommandLog.reserve("a"), .granted)
    for _ in 0..<1000 {
      // Three at once, of which the last one sent is the first one applied.
      log.add(time...time + 9, .read, CommandLog.standing(CommandLog.reserved("a", until: 100 + time + 1)))
      log.add(time...time + 9, renewal(to: 100 + time + 1), .applied)
      log.add(time...time + 9, .read, CommandLog.standing(CommandLog.reserved("a", until: time == 0 ? 100 : 91 + time)))
      time += 10
    }
    #expect(log.violations(searchLimit: 10_000) == [])
    log.add(time...time + 9, .read, .absent)
    #expect(log.violations(searchLimit: 10_000).count == 1)
  }

  private func renewal(to deadline: Int64) -> StoreOperation {
    .renew(
      token: Sample.token("a"), deadline: Sample.epoch + deadline, record: CommandLog.reserved("a"), ttl: 600_000)
  }
}
