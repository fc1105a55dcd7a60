import Testing

@testable import Idempotency

/// One budget for what a process holds (rule W9).
@Suite struct HeldBytesTests {
  @Test("W9 What is counted is given back: exactly, when told, and when a share goes")
  func givenBack() {
    let budget = HeldBytes(limit: 100)
    do {
      var share = HeldShare(of: budget)
      let hasRoom = [share.set(60), share.set(60)]
      #expect(hasRoom == [true, true] && budget.bytes == 60)
      share.shrink(to: 80)
      #expect(budget.bytes == 60)
      share.shrink(to: 20)
      #expect(budget.bytes == 20)
      share.set(90)
      #expect(budget.bytes == 90)
    }
    #expect(budget.bytes == 0)
  }

  @Test("W9 More than the budget is counted too, and said; to hold less is always right")
  func exceeded() {
    let budget = HeldBytes(limit: 100)
    var first = HeldShare(of: budget)
    var second = HeldShare(of: budget)
    var hasRoom = [first.set(100)]
    #expect(budget.isExhausted(for: nil) && !budget.isExceeded)
    hasRoom.append(second.set(1))
    #expect(budget.bytes == 101)
    hasRoom.append(first.set(50))
    #expect(!budget.isExhausted(for: nil))
    hasRoom += [second.set(51), second.set(10)]
    #expect(hasRoom == [true, false, true, false, true])
    first.set(0)
    second.set(0)
    #expect(budget.bytes == 0)
  }

  @Test("W9 One caller's requests take three quarters, and one body, and leave the rest to others")
  func callers() throws {
    let budget = HeldBytes(limit: 100)
    let alice = try #require(CallerPlace(.known(Principal("k", "alice"))))
    let bob = try #require(
      (0..<100).lazy.compactMap { CallerPlace(.known(Principal("k", "bob\($0)"))) }.first { $0 != alice })
    #expect(CallerPlace(.known(.shared)) == nil)
    var first = HeldShare(of: budget, for: alice)
    var second = HeldShare(of: budget, for: alice)
    var other = HeldShare(of: budget, for: bob)
    // A body may be as large as the budget: it alone is no reason.
    var hasRoom = [first.set(80)]
    #expect(budget.isExhausted(for: alice) && !budget.isExhausted(for: bob) && !budget.isExhausted(for: nil))
    hasRoom += [second.set(1), other.set(15), first.set(70), second.set(5), other.set(30)]
    #expect(hasRoom == [true, false, true, true, true, false])
    #expect(budget.isHalfUsed && budget.isExceeded)
    for place in [alice, bob, nil] { #expect(budget.isExhausted(for: place)) }
    first.set(0)
    #expect(!budget.isHalfUsed && !budget.isExhausted(for: alice))
    second.set(0)
    other.set(0)
    #expect(budget.bytes == 0)
  }

  @Test("W9 What grows is counted in steps, so that small pieces do not touch what all share")
  func steps() {
    let budget = HeldBytes(limit: 10_000)
    var share = HeldShare(of: budget)
    var seen: [Int] = []
    var hasRoom: [Bool] = []
    for size in [4_095, 4_096, 8_191, 20_000] {
      hasRoom.append(share.grow(to: size))
      seen.append(budget.bytes)
    }
    #expect(hasRoom == [true, true, true, false])
    #expect(seen == [0, 4_096, 4_096, 20_000])
    share.set(0)
    #expect(budget.bytes == 0)
  }

  @Test("W9 Waiters are counted by key, up to the bound")
  func waiters() {
    let waiters = WaiterCount()
    let one = RecordKey(unchecked: "w", scope: "-", clientKey: "1")
    let other = RecordKey(unchecked: "w", scope: "-", clientKey: "2")
    for _ in 0..<Engine.maximumWaiters { #expect(waiters.begin(one)) }
    #expect(!waiters.begin(one))
    #expect(waiters.begin(other))
    waiters.end(one)
    #expect(waiters.begin(one))
    for _ in 0..<Engine.maximumWaiters { waiters.end(one) }
    waiters.end(other)
    #expect(waiters.total == 0)
    waiters.end(other)
    #expect(waiters.total == 0)
  }
}
