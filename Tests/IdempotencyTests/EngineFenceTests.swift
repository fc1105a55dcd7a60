import Testing

@testable import Idempotency

/// Rule X16: who was suspended for longer than half a lease does not run unless its renewal succeeds.
@Suite struct EngineFenceTests {
  private func granted(_ choice: UnknownOutcome = .hold) -> EngineBench {
    var bench = EngineBench(choice)
    _ = bench.start()
    bench.time = 100
    _ = bench.reply(.reserve, .granted)
    return bench
  }

  @Test("Half a lease since the SET was sent, not since its reply came (X16)")
  func sinceSent() {
    var bench = granted()
    bench.time = 14_999
    #expect(bench.ready() == ["execute 1", "renew in 10000"])
    bench = granted()
    bench.time = 15_000
    #expect(bench.ready() == ["renew to 45000"])
  }

  @Test("After its renewal it is tested again, from when that renewal was sent (X16)")
  func renewed() {
    var bench = granted()
    bench.time = 20_000
    _ = bench.ready()
    bench.time = 34_999
    #expect(bench.reply(.renew, .applied) == ["prepare"])
    #expect(bench.ready() == ["execute 1", "renew in 10000"])
  }

  @Test("A reservation that the store lost is put back by that renewal")
  func restored() {
    var bench = granted()
    bench.time = 20_000
    _ = bench.ready()
    #expect(bench.reply(.renew, .restored) == ["prepare"])
  }

  @Test("On 0 or no answer it is released and 503 (X16)")
  func refused() {
    var bench = granted()
    bench.time = 20_000
    _ = bench.ready()
    #expect(bench.reply(.renew, .lost) == ["answer unavailable", "release"])
    bench = granted()
    bench.time = 20_000
    _ = bench.ready()
    #expect(bench.fail(.renew) == ["answer unavailable", "release"])
    #expect(bench.ready() == [])
    #expect(bench.reply(.release, .applied) == ["finish"])
  }

  @Test("A store so slow that every renewal takes half a lease does not keep its caller for ever (X16)")
  func bounded() {
    var bench = granted()
    for _ in 0..<3 {
      bench.time += 20_000
      #expect(bench.ready().first?.hasPrefix("renew") == true)
      bench.time += 20_000
      #expect(bench.reply(.renew, .applied) == ["prepare"])
    }
    #expect(bench.ready() == ["answer unavailable", "release"])
  }

  @Test("By our own record: more than half a lease must remain to its deadline (X16)")
  func ownRecord() {
    for (remaining, expected) in [(15_001, "execute 1"), (15_000, "renew to 40000")] as [(Int64, String)] {
      var bench = EngineBench()
      _ = bench.start()
      bench.time = 10_000
      _ = bench.fail(.reserve)
      let record = bench.record(.reserved, token: EngineBench.token, leaseEnds: 10_000 + remaining)
      _ = bench.reply(.reserve, record)
      #expect(bench.ready().first == expected)
    }
  }

  @Test("By our own record, without the store's time: renewed first, by the time that was known (X16)")
  func ownRecordWithoutTime() {
    var bench = EngineBench()
    _ = bench.start()
    _ = bench.fail(.reserve)
    _ = bench.reply(.reserve, bench.record(.reserved, token: EngineBench.token))
    bench.offset = nil
    bench.time = 2_000
    #expect(bench.ready() == ["renew to 32000"])
  }

  @Test("A reclaim begins its own half lease")
  func reclaim() {
    var bench = EngineBench()
    _ = bench.start()
    bench.time = 14_000
    _ = bench.reply(.reserve, bench.record(.free, fingerprint: .any))
    bench.time = 28_999
    _ = bench.reply(.reclaim, .reclaimed(attempt: 2))
    #expect(bench.ready() == ["execute 2", "renew in 10000"])
  }
}
