import Testing

@testable import Idempotency

@Suite struct EngineReserveTests {
  @Test("An absent key is reserved, run and completed before its caller is answered")
  func first() {
    var bench = EngineBench()
    #expect(bench.start() == ["reserve"])
    #expect(bench.reply(.reserve, .granted) == ["prepare"])
    #expect(bench.ready() == ["execute 1", "renew in 10000"])
    #expect(bench.operation(EngineBench.done) == ["complete C 201"])
    #expect(bench.reply(.complete, .applied) == ["answer executed", "finish"])
    #expect(bench.fire(.renew) == [])
    #expect(bench.start() == [])
  }

  @Test("While the store's time is unknown nothing is sent")
  func noClock() {
    var bench = EngineBench()
    bench.offset = nil
    #expect(bench.start() == ["answer unavailable", "finish"])
  }

  @Test(
    "What a record that stands says, in the order of the contract (E2, F3)",
    arguments: [
      (RecordState.completed, "answer replay"), (.notRetained, "answer notRetained"),
      (.uncertain, "answer uncertain-before"), (.reserved, "answer inProgress"),
    ])
  func stands(_ state: RecordState, _ answer: String) {
    var bench = EngineBench()
    _ = bench.start()
    #expect(bench.reply(.reserve, bench.record(state)) == [answer, "finish"])
  }

  @Test("Another fingerprint is refused before anything else is said (F3, F5)", arguments: RecordState.allCases)
  func mismatch(_ state: RecordState) {
    for leaseEnds in [30_000, -1] as [Int64] {
      var bench = EngineBench()
      _ = bench.start()
      let record = bench.record(state, fingerprint: EngineBench.foreign, leaseEnds: leaseEnds)
      #expect(bench.reply(.reserve, record) == ["answer mismatch", "finish"])
    }
  }

  @Test(
    "onMismatch: replay gives the first answer and still writes nothing",
    arguments: [
      (RecordState.completed, 30_000, "answer replay"), (.notRetained, 30_000, "answer notRetained"),
      (.reserved, 30_000, "answer inProgress"), (.reserved, -1, "answer uncertain-before"),
      (.uncertain, -1, "answer uncertain-before"), (.free, -1, "answer mismatch"),
    ] as [(RecordState, Int64, String)])
  func mismatchReplayed(_ state: RecordState, _ leaseEnds: Int64, _ answer: String) {
    var bench = EngineBench { $0.onMismatch = .replay }
    _ = bench.start()
    let record = bench.record(state, fingerprint: EngineBench.foreign, leaseEnds: leaseEnds)
    #expect(bench.reply(.reserve, record) == [answer, "finish"])
  }

  @Test("A lease is over only when the store's upper bound says so")
  func leaseEnd() {
    var bench = EngineBench()
    _ = bench.start()
    #expect(bench.reply(.reserve, bench.record(.reserved, leaseEnds: 1)) == ["answer inProgress", "finish"])
    bench = EngineBench()
    _ = bench.start()
    #expect(bench.reply(.reserve, bench.record(.reserved, leaseEnds: 0)) == ["reclaim reserved as 2"])
  }

  @Test("A free key is reclaimed from what was read; freed for any it taints nothing")
  func free() {
    var bench = EngineBench()
    _ = bench.start()
    #expect(bench.reply(.reserve, bench.record(.free, fingerprint: .any, attempt: 4)) == ["reclaim free as 5"])
    guard case .reclaim(let expected, let state, _, _, _, nil) = bench.sent[.reclaim] else {
      Issue.record("no reclaim")
      return
    }
    #expect(expected == EngineBench.other)
    #expect(state == .free)
    #expect(bench.reply(.reclaim, .reclaimed(attempt: 5)) == ["prepare"])
    #expect(bench.ready() == ["execute 5", "renew in 10000"])
    #expect(bench.operation(.released) == ["release"])
  }

  @Test("What took over an R, or an F with a fingerprint, is tainted", arguments: [RecordState.free, .reserved])
  func tainted(_ state: RecordState) {
    var bench = EngineBench(.executeAgain)
    _ = bench.start()
    _ = bench.reply(.reserve, bench.record(state, leaseEnds: -1, choice: .executeAgain))
    _ = bench.reply(.reclaim, .reclaimed(attempt: 2))
    _ = bench.ready()
    #expect(bench.operation(.released) == ["release tainted"])
  }

  @Test("What a reclaim finds: uncertain under hold, the stored 500 under store")
  func reclaimed() {
    var bench = EngineBench()
    _ = bench.start()
    _ = bench.reply(.reserve, bench.record(.reserved, leaseEnds: -1))
    #expect(bench.reply(.reclaim, .nowUncertain) == ["answer uncertain-before", "finish"])
    bench = EngineBench()
    _ = bench.start()
    let record = bench.record(.reserved, leaseEnds: -1, choice: .store)
    #expect(bench.reply(.reserve, record) == ["reclaim reserved as 2 or store"])
    #expect(bench.reply(.reclaim, .settled) == ["answer settled 500", "finish"])
  }

  @Test("After two rounds in which the record changed, 409")
  func rounds() {
    var bench = EngineBench()
    _ = bench.start()
    #expect(bench.reply(.reserve, bench.record(.free)) == ["reclaim free as 2"])
    #expect(bench.reply(.reclaim, .absent) == ["reserve"])
    #expect(bench.reply(.reserve, bench.record(.free)) == ["answer inProgress", "finish"])
    bench = EngineBench()
    _ = bench.start()
    _ = bench.reply(.reserve, bench.record(.free))
    #expect(bench.reply(.reclaim, bench.record(.free, attempt: 2)) == ["reclaim free as 3"])
    #expect(bench.reply(.reclaim, .absent) == ["answer inProgress", "finish"])
  }

  @Test("The attempt that the operation gets is the one that the record bears, also after a vanished record")
  func attemptOfVanished() {
    var bench = EngineBench()
    _ = bench.start()
    _ = bench.reply(.reserve, bench.record(.free, attempt: 6))
    _ = bench.reply(.reclaim, .absent)
    guard case .reserve(let record, _) = bench.sent[.reserve] else {
      Issue.record("no reserve")
      return
    }
    _ = bench.reply(.reserve, .granted)
    #expect(bench.ready() == ["execute \(record.head.attempt)", "renew in 10000"])
    #expect(record.head.attempt == 7)
  }

  @Test("A reservation is resent with the same token and deadline, three times in all, then released (X6)")
  func resend() {
    var bench = EngineBench()
    _ = bench.start()
    let first = bench.sent[.reserve]
    bench.time = 500
    #expect(bench.fail(.reserve) == ["reserve"])
    guard case .reserve(let one, _) = first, case .reserve(let two, _) = bench.sent[.reserve] else {
      Issue.record("no reserve")
      return
    }
    #expect(one == two)
    #expect(bench.fail(.reserve) == ["reserve"])
    #expect(bench.fail(.reserve) == ["answer unavailable", "release"])
    #expect(bench.fail(.release) == ["retry in 50"])
    #expect(bench.fire(.retry) == ["release"])
    #expect(bench.reply(.release, .restored) == ["finish"])
  }

  @Test("What never left this node holds nothing; behind a lost reply it may")
  func notSent() {
    var bench = EngineBench()
    _ = bench.start()
    #expect(bench.fail(.reserve, EngineBench.away) == ["answer unavailable", "finish"])
    bench = EngineBench()
    _ = bench.start()
    _ = bench.fail(.reserve)
    #expect(bench.fail(.reserve, EngineBench.away) == ["answer unavailable", "release"])
  }

  @Test("A reclaim of unknown outcome is released with what it expected")
  func unknownReclaim() {
    var bench = EngineBench()
    _ = bench.start()
    _ = bench.reply(.reserve, bench.record(.free, fingerprint: .any))
    #expect(bench.fail(.reclaim) == ["reclaim free as 2"])
    #expect(bench.fail(.reclaim) == ["reclaim free as 2"])
    #expect(bench.fail(.reclaim) == ["answer unavailable", "release expecting"])
  }

  @Test("A reclaim that is known to be granted leaves nothing to overtake")
  func knownReclaim() {
    var bench = EngineBench()
    _ = bench.start()
    _ = bench.reply(.reserve, bench.record(.free, fingerprint: .any))
    _ = bench.reply(.reclaim, .reclaimed(attempt: 2))
    _ = bench.ready()
    #expect(bench.operation(.released) == ["release"])
  }

  @Test("Our own record is ours: the reply to an earlier copy was lost (X6)")
  func own() {
    var bench = EngineBench()
    _ = bench.start()
    _ = bench.fail(.reserve)
    bench.time = 14_999
    let record = bench.record(.reserved, token: EngineBench.token, leaseEnds: 30_000, attempt: 1)
    #expect(bench.reply(.reserve, record) == ["prepare"])
    #expect(bench.ready() == ["execute 1", "renew in 10000"])
  }

  @Test("Our own token in U: nothing was sent, so it is released")
  func ownUncertain() {
    var bench = EngineBench()
    _ = bench.start()
    _ = bench.fail(.reserve)
    let record = bench.record(.uncertain, token: EngineBench.token)
    #expect(bench.reply(.reserve, record) == ["answer unavailable", "release"])
  }

  @Test(
    "Our own token in any other state is not ours",
    arguments: [
      (RecordState.completed, "answer replay"), (.notRetained, "answer notRetained"),
    ])
  func ownElsewhere(_ state: RecordState, _ answer: String) {
    var bench = EngineBench()
    _ = bench.start()
    #expect(bench.reply(.reserve, bench.record(state, token: EngineBench.token)) == [answer, "finish"])
  }

  @Test("What is no record is 500, and nothing runs (X14)")
  func unreadable() {
    var bench = EngineBench()
    _ = bench.start()
    #expect(bench.reply(.reserve, StoreReply.unreadable) == ["answer unreadable", "finish"])
  }
}
