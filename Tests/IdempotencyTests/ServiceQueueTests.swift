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
      group.addTask { [jobs] in _ = await jobs.run(patience: .seconds(30)) {} }
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
    #expect(jobs.spawn {} == nil)
  }

  @Test("What was taken runs, also behind the end")
  func taken() async {
    let jobs = JobQueue()
    let ran = ServiceCounter()
    let accepted = ServiceCounter()
    await withDiscardingTaskGroup { group in
      group.addTask { [jobs] in _ = await jobs.run(patience: .seconds(30)) {} }
      while !jobs.isAccepting { await Task.yield() }
      for _ in 0..<4 {
        group.addTask { for _ in 0..<500 where jobs.spawn({ ran.add() }) != nil { accepted.add() } }
      }
      await Task.yield()
      jobs.stopAccepting()
    }
    #expect(ran.count == accepted.count)
  }

  @Test("X11 A job that ignores that it is cancelled holds the end no longer than the queue's patience")
  func ignoring() async {
    let jobs = JobQueue()
    let gate = ServiceGate()
    let (waiting, left) = (ServiceCounter(), ServiceCounter())
    let run = Task { await jobs.run(patience: .milliseconds(20)) { _ = await jobs.waitUntilIdle(for: .zero) } }
    while !jobs.isAccepting { await Task.yield() }
    jobs.spawn {
      waiting.add()
      await gate.wait()
      left.add()
    }
    jobs.spawn { _ = await ServiceGate().waitCancellable() }
    await waiting.wait(for: 1)
    jobs.stopAccepting()
    #expect(await run.value == 1)
    #expect(left.count == 0)
    gate.open()
    await left.wait(for: 1)
  }

  @Test("What is left behind is not waited for, and cancelled all the same (X11)")
  func leaving() async {
    let jobs = JobQueue()
    let cancelled = ServiceGate()
    let run = Task { await jobs.run(patience: .seconds(30)) { _ = await jobs.waitUntilIdle(for: .seconds(30)) } }
    while !jobs.isAccepting { await Task.yield() }
    let job = jobs.spawn { if await !ServiceGate().waitCancellable() { cancelled.open() } }
    #expect(await !jobs.waitUntilIdle(for: .zero))
    job?.leave()
    job?.leave()
    #expect(await jobs.waitUntilIdle(for: .seconds(30)))
    jobs.stopAccepting()
    #expect(await run.value == 0)
    await cancelled.wait()
  }
}
