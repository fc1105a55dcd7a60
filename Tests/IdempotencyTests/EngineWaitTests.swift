import Testing

@testable import Idempotency

/// A request that waits for another's execution (rule E18).
@Suite struct EngineWaitTests {
  private func bench(_ upTo: Duration = .seconds(5), wish: Duration? = nil) -> EngineBench {
    EngineBench(.executeAgain, wish: wish) { $0.onInProgress = .wait(upTo: upTo) }
  }

  /// A bench whose request has found another's execution and waits.
  private func waiting(_ upTo: Duration = .seconds(5)) -> EngineBench {
    var bench = bench(upTo)
    _ = bench.start()
    _ = bench.reply(.reserve, bench.record(.reserved))
    return bench
  }

  @Test("A live execution of another is watched and waited for, with a poll behind (E18)")
  func begins() {
    var bench = bench()
    #expect(bench.start() == ["reserve"])
    #expect(
      bench.reply(.reserve, bench.record(.reserved)) == ["watch", "wait in 5000", "poll in 1000"])
    #expect(bench.handle(.changed) == ["read"])
    #expect(bench.reply(.read, bench.record(.reserved)) == ["poll in 1000"])
    #expect(bench.reply(.read, bench.record(.completed)) == ["unwatch", "answer replay", "finish"])
  }

  @Test(
    "Whatever has become of the key answers (E18)",
    arguments: [
      (RecordState.completed, "answer replay"), (.notRetained, "answer notRetained"),
      (.uncertain, "answer uncertain-before"),
    ])
  func settled(_ state: RecordState, _ answer: String) {
    var bench = waiting()
    _ = bench.handle(.changed)
    #expect(bench.reply(.read, bench.record(state)) == ["unwatch", answer, "finish"])
  }

  @Test("Mismatch is tested before the state, also after waiting (F3, E18)")
  func mismatch() {
    var bench = waiting()
    _ = bench.handle(.changed)
    let other = bench.record(.completed, fingerprint: EngineBench.foreign)
    #expect(bench.reply(.read, other) == ["unwatch", "answer mismatch", "finish"])
    var replaying = EngineBench { policy in
      policy.onInProgress = .wait(upTo: .seconds(1))
      policy.onMismatch = .replay
    }
    _ = replaying.start()
    let running = replaying.record(.reserved, fingerprint: EngineBench.foreign)
    #expect(replaying.reply(.reserve, running) == ["watch", "wait in 1000", "poll in 1000"])
  }

  @Test("The bound over: 409 at once, and a reply that comes later is ignored (E18)")
  func bound() {
    var bench = waiting()
    _ = bench.fire(.poll)
    bench.time = 5_000
    #expect(bench.fire(.wait) == ["unwatch", "answer inProgress", "finish"])
    #expect(bench.reply(.read, bench.record(.completed)) == [])
    #expect(bench.handle(.changed) == [])
  }

  @Test(
    "A caller may ask for less than the policy's bound, not for more (E18)",
    arguments: [(Duration.seconds(2), "wait in 2000"), (.seconds(60), "wait in 5000"), (.zero, "")])
  func wish(_ wish: Duration, _ timer: String) {
    var bench = bench(wish: wish)
    _ = bench.start()
    let actions = bench.reply(.reserve, bench.record(.reserved))
    #expect(actions == (timer.isEmpty ? ["answer inProgress", "finish"] : ["watch", timer, "poll in 1000"]))
  }

  @Test("A policy that rejects does not wait, whatever the caller wishes (E2)")
  func rejects() {
    var bench = EngineBench(wish: .seconds(3))
    _ = bench.start()
    #expect(bench.reply(.reserve, bench.record(.reserved)) == ["answer inProgress", "finish"])
  }

  @Test("A change while a read is on its way is read after it: no wake-up is lost, no two reads at a time (E18)")
  func changeWhileReading() {
    var bench = waiting()
    #expect(bench.handle(.changed) == ["read"])
    #expect(bench.handle(.changed) == [])
    #expect(bench.handle(.changed) == [])
    #expect(bench.fire(.poll) == [])
    #expect(bench.reply(.read, bench.record(.reserved)) == ["read"])
    #expect(bench.reply(.read, bench.record(.reserved)) == ["poll in 1000"])
  }

  @Test("Woken by a release it takes the key once and runs (E18)")
  func released() {
    var bench = waiting()
    _ = bench.handle(.changed)
    #expect(bench.reply(.read, bench.record(.free, fingerprint: .any)) == ["unwatch", "reclaim free as 2"])
    // The bound is over meanwhile: what is on its way decides.
    #expect(bench.fire(.wait) == [])
    #expect(bench.handle(.changed) == [])
    #expect(bench.reply(.reclaim, .reclaimed(attempt: 2)) == ["prepare"])
    #expect(bench.ready().first == "execute 2")
  }

  @Test("Another waiter was faster: 409, no second try (E18)")
  func onlyOnce() {
    var bench = waiting()
    _ = bench.handle(.changed)
    _ = bench.reply(.read, bench.record(.free, fingerprint: .any))
    #expect(bench.reply(.reclaim, bench.record(.reserved, attempt: 2)) == ["answer inProgress", "finish"])
    var again = waiting()
    _ = again.handle(.changed)
    _ = again.reply(.read, again.record(.free, fingerprint: .any))
    #expect(again.reply(.reclaim, .absent) == ["answer inProgress", "finish"])
    var free = waiting()
    _ = free.handle(.changed)
    _ = free.reply(.read, free.record(.free, fingerprint: .any))
    #expect(free.reply(.reclaim, free.record(.free, fingerprint: .any)) == ["answer inProgress", "finish"])
  }

  @Test("A lease that ends is polled for, and taken over after it (E18, X1)")
  func leaseEnds() {
    var bench = waiting(.seconds(60))
    bench.time = 29_500
    // Its end by the upper bound of the store's time is not yet its end by the store's.
    #expect(bench.fire(.poll) == ["read"])
    #expect(bench.reply(.read, bench.record(.reserved)) == ["poll in 700"])
    bench.time = 30_100
    _ = bench.fire(.poll)
    #expect(bench.reply(.read, bench.record(.reserved)) == ["poll in 100"])
    bench.time = 30_198
    _ = bench.fire(.poll)
    #expect(bench.reply(.read, bench.record(.reserved)) == ["poll in 5"])
    bench.time = 30_200
    _ = bench.fire(.poll)
    #expect(bench.reply(.read, bench.record(.reserved)) == ["unwatch", "reclaim reserved as 2"])
    guard case .reclaim(_, _, let record, _, _, _)? = bench.sent[.reclaim] else { return }
    #expect(record.head.leaseDeadline == EngineBench.epoch + 60_200)
  }

  @Test("A record that vanished is reserved with a lease of this moment, and its attempt does not go back (E18, I7)")
  func vanished() {
    var bench = waiting(.seconds(60))
    bench.time = 20_000
    _ = bench.handle(.changed)
    #expect(bench.reply(.read, .absent) == ["unwatch", "reserve"])
    guard case .reserve(let record, _)? = bench.sent[.reserve] else { return }
    #expect(record.head.leaseDeadline == EngineBench.epoch + 50_000)
    #expect(record.head.attempt == 2)
    #expect(bench.reply(.reserve, .granted) == ["prepare"])
    // Less than half of a lease that began at the start of the wait would be left.
    #expect(bench.ready().first == "execute 2")
    // Nobody knows what the lost owner did: only the same request may follow a release.
    #expect(bench.operation(.released) == ["release tainted"])
  }

  @Test("A vanished record that another has taken meanwhile: 409 (E18)")
  func vanishedAndTaken() {
    var bench = waiting()
    _ = bench.handle(.changed)
    _ = bench.reply(.read, .absent)
    #expect(bench.reply(.reserve, bench.record(.reserved, attempt: 3)) == ["answer inProgress", "finish"])
  }

  @Test("A store that is away is polled until the bound, then 503 if it still is (E18, X4)")
  func storeAway() {
    var bench = waiting()
    _ = bench.fire(.poll)
    #expect(bench.fail(.read, EngineBench.away) == ["poll in 1000"])
    #expect(bench.fire(.poll) == ["read"])
    #expect(bench.reply(.read, bench.record(.reserved)) == ["poll in 1000"])
    #expect(bench.fire(.wait) == ["unwatch", "answer inProgress", "finish"])
    var away = waiting()
    _ = away.fire(.poll)
    _ = away.fail(.read)
    #expect(away.fire(.wait) == ["unwatch", "answer unavailable", "finish"])
  }

  @Test("Also where the store may be done without, nothing runs beside an execution that was seen (E18)")
  func noneUnguarded() {
    var bench = EngineBench { policy in
      policy.onInProgress = .wait(upTo: .seconds(1))
      policy.onUnavailable = .execute
    }
    _ = bench.start()
    _ = bench.reply(.reserve, bench.record(.reserved))
    _ = bench.fire(.poll)
    _ = bench.fail(.read, EngineBench.away)
    #expect(bench.fire(.wait) == ["unwatch", "answer unavailable", "finish"])
  }

  @Test("A node that stops tells its waiters, and touches nothing (E18, X11)")
  func abandon() {
    var bench = waiting()
    #expect(bench.handle(.abandon) == ["unwatch", "answer stopping", "finish"])
  }

  @Test("W9 A waiter whose caller has left ends, and touches nothing; a read that is on its way is ignored")
  func callerLeft() {
    var bench = waiting()
    #expect(bench.handle(.changed) == ["read"])
    #expect(bench.handle(.callerLeft) == ["unwatch", "answer inProgress", "finish"])
    #expect(bench.reply(.read, bench.record(.free, fingerprint: .any)) == [])
    #expect(bench.handle(.callerLeft) == [])
  }

  @Test("W9 A caller that left while its reservation was on the way waits for nobody")
  func callerLeftBefore() {
    var bench = bench()
    _ = bench.start()
    #expect(bench.handle(.callerLeft) == [])
    #expect(bench.reply(.reserve, bench.record(.reserved)) == ["answer inProgress", "finish"])
    var reading = self.bench()
    _ = reading.start()
    _ = reading.refuse(.reserve)
    #expect(reading.handle(.callerLeft) == [])
    #expect(reading.reply(.read, reading.record(.reserved)) == ["answer inProgress", "finish"])
  }

  @Test("W9 X9 What holds the key, or may, goes on though its caller has left")
  func callerLeftWithKey() {
    var reserving = bench()
    _ = reserving.start()
    #expect(reserving.handle(.callerLeft) == [])
    #expect(reserving.reply(.reserve, .granted) == ["prepare"])
    #expect(reserving.handle(.callerLeft) == [])
    #expect(reserving.ready().first == "execute 1")
    #expect(reserving.handle(.callerLeft) == [])
    #expect(reserving.operation(EngineBench.done) == ["complete C 201"])
    #expect(reserving.handle(.callerLeft) == [])
    #expect(reserving.reply(.complete, .applied) == ["answer executed", "finish"])
    // Woken by a release it has asked for the key: the reclaim may have been applied.
    var woken = waiting()
    _ = woken.handle(.changed)
    #expect(woken.reply(.read, woken.record(.free, fingerprint: .any)) == ["unwatch", "reclaim free as 2"])
    #expect(woken.handle(.callerLeft) == [])
    #expect(woken.reply(.reclaim, .reclaimed(attempt: 2)) == ["prepare"])
    // The reply to a reservation is lost: it is released, as always.
    var lost = bench()
    _ = lost.start()
    _ = lost.handle(.callerLeft)
    for _ in 1..<Engine.maximumTries { #expect(lost.fail(.reserve) == ["reserve"]) }
    #expect(lost.fail(.reserve) == ["answer unavailable", "release"])
  }

  @Test("A full store: what was refused before waiting is asked for anew after it (E18, X12)")
  func refused() {
    var bench = bench()
    _ = bench.start()
    #expect(bench.refuse(.reserve) == ["read"])
    #expect(bench.reply(.read, bench.record(.reserved)) == ["watch", "wait in 5000", "poll in 1000"])
    _ = bench.handle(.changed)
    #expect(bench.reply(.read, bench.record(.free, fingerprint: .any)) == ["unwatch", "reclaim free as 2"])
    #expect(bench.refuse(.reclaim) == ["read"])
    #expect(bench.reply(.read, bench.record(.reserved, attempt: 2)) == ["answer inProgress", "finish"])
  }

  @Test("Without the store's time no lease is over for a waiter (E18, X13)")
  func noTime() {
    var bench = waiting(.seconds(60))
    bench.offset = nil
    bench.time = 40_000
    _ = bench.fire(.poll)
    #expect(bench.reply(.read, bench.record(.reserved)) == ["poll in 1000"])
  }
}
