import Testing

@testable import Idempotency

/// Rules X4 and X12: the store is away, or takes no writes, before anything was executed.
@Suite struct EngineUnavailableTests {
  static let refusals: [StoreFailure.Refusal] = [.full, .readOnly, .misconfigured, .noReplicas, .settling]

  @Test("A refused reservation is followed by a read, and what needs no write is answered (X12)", arguments: refusals)
  func read(_ refusal: StoreFailure.Refusal) {
    let bench = EngineBench()
    let cases: [(StoreReply, String)] = [
      (bench.record(.completed, fingerprint: EngineBench.foreign), "answer mismatch"),
      (bench.record(.completed), "answer replay"),
      (bench.record(.notRetained), "answer notRetained"),
      (bench.record(.uncertain), "answer uncertain-before"),
      (bench.record(.reserved), "answer inProgress"),
      (bench.record(.reserved, leaseEnds: -1), "answer unavailable"),
      (bench.record(.free), "answer unavailable"),
      (.absent, "answer unavailable"),
      (.unreadable, "answer unreadable"),
    ]
    for (reply, answer) in cases {
      var bench = EngineBench()
      _ = bench.start()
      #expect(bench.refuse(.reserve, refusal) == ["read"])
      #expect(bench.reply(.read, reply) == [answer, "finish"])
    }
  }

  @Test("Any other refusal, and a read without reply, is 503")
  func other() {
    var bench = EngineBench()
    _ = bench.start()
    #expect(bench.refuse(.reserve, .other) == ["answer unavailable", "finish"])
    bench = EngineBench()
    _ = bench.start()
    _ = bench.refuse(.reserve)
    #expect(bench.fail(.read) == ["answer unavailable", "finish"])
  }

  @Test("A refused reclaim is read again, and not repeated (X12)")
  func reclaim() {
    var bench = EngineBench()
    _ = bench.start()
    _ = bench.reply(.reserve, bench.record(.free))
    #expect(bench.refuse(.reclaim) == ["read"])
    #expect(bench.reply(.read, bench.record(.free)) == ["answer unavailable", "finish"])
  }

  @Test("Our own reservation, found by a read because writes are refused, is given back: never a first attempt (X12)")
  func own() {
    var bench = EngineBench()
    _ = bench.start()
    _ = bench.fail(.reserve)
    #expect(bench.refuse(.reserve, .misconfigured) == ["read"])
    let record = bench.record(.reserved, token: EngineBench.token)
    #expect(bench.reply(.read, record) == ["answer unavailable", "release"])
  }

  @Test("onUnavailable: execute runs unguarded where nothing could be reserved")
  func unguarded() {
    for begin: (inout EngineBench) -> [String] in [
      {
        $0.offset = nil; return $0.start()
      },
      {
        _ = $0.start(); return $0.fail(.reserve, EngineBench.away)
      },
      {
        _ = $0.start(); _ = $0.refuse(.reserve); return $0.reply(.read, .absent)
      },
      {
        _ = $0.start(); _ = $0.refuse(.reserve); return $0.fail(.read)
      },
    ] {
      var bench = EngineBench {
        $0.onUnavailable = .execute; $0.originTimeout = .seconds(1)
      }
      #expect(begin(&bench) == ["prepare"])
      #expect(bench.ready() == ["execute unguarded", "silence in 1000"])
      #expect(bench.ready() == [])
      #expect(bench.operation(EngineBench.done) == ["answer unguarded", "finish"])
    }
  }

  @Test("onUnavailable: execute never runs beside a reservation of ours, nor after another attempt")
  func neverUnguarded() {
    var bench = EngineBench { $0.onUnavailable = .execute }
    _ = bench.start()
    _ = bench.fail(.reserve)
    #expect(bench.fail(.reserve, EngineBench.away) == ["answer unavailable", "release"])
    for record in [bench.record(.reserved, leaseEnds: -1), bench.record(.free)] {
      bench = EngineBench { $0.onUnavailable = .execute }
      _ = bench.start()
      _ = bench.refuse(.reserve)
      #expect(bench.reply(.read, record) == ["answer unavailable", "finish"])
    }
    bench = EngineBench { $0.onUnavailable = .execute }
    _ = bench.start()
    _ = bench.reply(.reserve, bench.record(.reserved, leaseEnds: -1))
    #expect(bench.fail(.reclaim, EngineBench.away) == ["answer unavailable", "finish"])
  }

  @Test("An unguarded operation that is silent is answered, and its late answer is not waited for")
  func unguardedSilence() {
    var bench = EngineBench { $0.onUnavailable = .execute }
    bench.offset = nil
    _ = bench.start()
    _ = bench.ready()
    #expect(bench.fire(.silence) == ["answer unguarded", "finish"])
    #expect(bench.operation(EngineBench.done) == [])
  }
}
