import IdempotencyTesting
import NIOConcurrencyHelpers
import Testing

@testable import Idempotency

@Suite(.timeLimit(.minutes(1))) struct ServiceQueueTests {
  /// Runs a timer queue, its actions in tasks of their own.
  private func running(_ queue: TimerQueue, _ body: () async -> Void) async {
    await withDiscardingTaskGroup { group in
      group.addTask {
        await queue.run { action in Task { await action() } }
      }
      await body()
      queue.stop()
    }
  }

  @Test("A timer fires; a later one that was set before does not hold it back")
  func earlier() async {
    let queue = TimerQueue()
    await running(queue) {
      let (late, soon) = (ServiceCounter(), ServiceCounter())
      let token = queue.schedule(after: 3_600_000) { late.add() }
      for round in 1...20 {
        _ = queue.schedule(after: 5) { soon.add() }
        await soon.wait(for: round)
      }
      #expect(late.count == 0)
      queue.cancel(token)
    }
  }

  @Test("Many timers in any order all fire, and none that was cancelled")
  func many() async {
    let queue = TimerQueue()
    await running(queue) {
      let (fired, wrong) = (ServiceCounter(), ServiceCounter())
      var random = SeededRandom(seed: 1)
      for _ in 0..<2_000 {
        _ = queue.schedule(after: Int64(random.below(60))) { fired.add() }
        queue.cancel(queue.schedule(after: Int64(20 + random.below(60))) { wrong.add() })
      }
      await fired.wait(for: 2_000)
      #expect(wrong.count == 0)
    }
  }

  @Test("Timers that were set before it runs fire once it does")
  func before() async {
    let queue = TimerQueue()
    let fired = ServiceCounter()
    _ = queue.schedule(after: 0) { fired.add() }
    await running(queue) { await fired.wait(for: 1) }
  }

  @Test("Stopped before it runs, and stopped while all sleep: it ends at once")
  func stopped() async {
    let early = TimerQueue()
    early.stop()
    await early.run { _ in }
    let queue = TimerQueue()
    _ = queue.schedule(after: 3_600_000) {}
    let clock = ContinuousClock()
    let time = await clock.measure { await running(queue) {} }
    #expect(time < .seconds(30))
  }

  @Test("Cancelled timers do not pile up, and those that stand survive the clearing")
  func cleared() async {
    let queue = TimerQueue()
    let fired = ServiceCounter()
    for _ in 0..<10 { _ = queue.schedule(after: 1) { fired.add() } }
    for _ in 0..<50_000 { queue.cancel(queue.schedule(after: 3_600_000) {}) }
    #expect(queue.entryCount < 1_100)
    await running(queue) { await fired.wait(for: 10) }
  }

  @Test("Waiting until idle ends at its limit, also one that is over before the wait has begun")
  func idle() async {
    let jobs = JobQueue()
    await withDiscardingTaskGroup { group in
      group.addTask { [jobs] in
        await withDiscardingTaskGroup { inner in await jobs.run(in: &inner) {} }
      }
      while !jobs.isAccepting { await Task.yield() }
      #expect(jobs.begin())
      for _ in 0..<200 { #expect(await !jobs.waitUntilIdle(for: .zero)) }
      async let idle = jobs.waitUntilIdle(for: .seconds(30))
      jobs.ended()
      #expect(await idle)
      #expect(await jobs.waitUntilIdle(for: .zero))
      jobs.stopAccepting()
      #expect(!jobs.begin())
    }
    #expect(!jobs.spawn {})
  }

  @Test("What was taken runs, also behind the end")
  func taken() async {
    let jobs = JobQueue()
    let ran = ServiceCounter()
    let accepted = ServiceCounter()
    await withDiscardingTaskGroup { group in
      group.addTask { [jobs] in
        await withDiscardingTaskGroup { inner in await jobs.run(in: &inner) {} }
      }
      while !jobs.isAccepting { await Task.yield() }
      for _ in 0..<4 {
        group.addTask { for _ in 0..<500 where jobs.spawn({ ran.add() }) { accepted.add() } }
      }
      await Task.yield()
      jobs.stopAccepting()
    }
    #expect(ran.count == accepted.count)
  }
}
