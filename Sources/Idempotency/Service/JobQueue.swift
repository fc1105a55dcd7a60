internal import NIOConcurrencyHelpers

/// Runs work apart from the tasks of requests, which may be cancelled, and knows what still runs.
///
/// Each job is a task of its own and no child of a group: `Task {}` is the only way to hand all task-locals of the task
/// that asks for the work (its trace, its logger) on to it. It is no stray task for that: the queue holds it, shutdown
/// waits for it, and cancels it at the end of draining. How many there are is bounded by how many requests the server
/// lets in.
final class JobQueue: Sendable {
  typealias Job = @Sendable () async -> Void

  private enum Phase { case notRunning, accepting, draining, ended }

  private struct Entry {
    let task: Task<Void, Never>
    var isWaitedFor = true
  }

  private struct State {
    var phase = Phase.notRunning
    /// How many jobs and exchanges shutdown waits for; an exchange that waits for a timer has no job and counts all the
    /// same.
    var running = 0
    var jobs: [UInt64: Entry] = [:]
    var nextJob: UInt64 = 0
    var waiters: [Int: (end: End, waiter: Waiter)] = [:]
    var nextWaiter = 0
    var stopped: CheckedContinuation<Void, Never>?

    func isReached(_ end: End) -> Bool {
      switch end {
      case .idle: running == 0
      case .empty: jobs.isEmpty
      }
    }

    /// Takes the waiter that waits; one that is still to come finds what is left for it.
    mutating func takeWaiting(_ id: Int, leaving mark: Waiter?) -> CheckedContinuation<Bool, Never>? {
      switch waiters[id]?.waiter {
      case .waiting(let continuation):
        waiters[id] = nil
        return continuation
      case .coming:
        if let mark { waiters[id]?.waiter = mark }
        return nil
      case .tooLate, nil:
        return nil
      }
    }

    /// Takes all who wait for what has come.
    mutating func takeReached() -> [CheckedContinuation<Bool, Never>] {
      guard !waiters.isEmpty else { return [] }
      return waiters.filter { isReached($0.value.end) }.keys.compactMap { takeWaiting($0, leaving: nil) }
    }
  }

  /// An end that a caller can wait for.
  enum End {
    /// Nothing runs that shutdown waits for.
    case idle
    /// No job runs at all.
    case empty
  }

  /// The time may be over before its waiter has come to wait.
  private enum Waiter {
    case coming
    case waiting(CheckedContinuation<Bool, Never>)
    case tooLate

    var isTooLate: Bool { if case .tooLate = self { true } else { false } }
  }

  private let state = NIOLockedValueBox(State())

  /// Whether new work is taken.
  var isAccepting: Bool { state.withLockedValue { $0.phase == .accepting } }

  /// How many jobs run.
  var count: Int { state.withLockedValue { $0.jobs.count } }

  /// Counts an exchange that begins, until ``ended()``; false when no new work is taken.
  func begin() -> Bool {
    state.withLockedValue { state in
      guard state.phase == .accepting else { return false }
      state.running += 1
      return true
    }
  }

  /// Runs a job, with the task-locals of the task that calls this; nil when there is no service to run it.
  @discardableResult
  func spawn(_ job: @escaping Job) -> ServiceJob? {
    let number: UInt64? = state.withLockedValue { state in
      guard state.phase == .accepting || state.phase == .draining else { return nil }
      state.running += 1
      state.nextJob += 1
      let number = state.nextJob
      // Under the lock, so that the job's end finds its entry: a task that is made does not run here.
      state.jobs[number] = Entry(
        task: Task {
          await job()
          self.ended(number)
        })
      return number
    }
    return number.map { ServiceJob(jobs: self, number: $0) }
  }

  /// Takes jobs until it is told to stop accepting and `drain` has returned.
  ///
  /// Jobs that still run then are cancelled, and waited for as long as `patience`: a job may ignore that it is
  /// cancelled.
  /// - Parameters:
  ///   - patience: How long cancelled jobs are waited for.
  ///   - drain: Waits for what runs.
  /// - Returns: How many jobs ignore that they are cancelled, and run on.
  func run(patience: Duration, drain: () async -> Void) async -> Int {
    state.withLockedValue { if $0.phase == .notRunning { $0.phase = .accepting } }
    await waitUntilStopped()
    await drain()
    state.withLockedValue { $0.phase = .ended }
    cancelAll()
    // In a task of its own: this one may be cancelled, and would not wait at all.
    return await Task { await wait(until: .empty, for: patience) ? 0 : count }.value
  }

  /// Cancels every job that runs.
  func cancelAll() {
    let tasks = state.withLockedValue { $0.jobs.values.map(\.task) }
    for task in tasks { task.cancel() }
  }

  /// A job is over.
  private func ended(_ number: UInt64) {
    let reached = state.withLockedValue { state in
      if state.jobs.removeValue(forKey: number)?.isWaitedFor ?? false { state.running -= 1 }
      return state.takeReached()
    }
    for waiter in reached { waiter.resume(returning: true) }
  }

  /// An exchange is over.
  func ended() {
    let reached = state.withLockedValue { state in
      state.running -= 1
      return state.takeReached()
    }
    for waiter in reached { waiter.resume(returning: true) }
  }

  /// Shutdown does not wait for a job any more until it cancels what is left.
  fileprivate func leave(_ number: UInt64) {
    let reached = state.withLockedValue { state in
      guard state.jobs[number]?.isWaitedFor ?? false else { return [CheckedContinuation<Bool, Never>]() }
      state.jobs[number]?.isWaitedFor = false
      state.running -= 1
      return state.takeReached()
    }
    for waiter in reached { waiter.resume(returning: true) }
  }

  /// New work is refused from now on; what was taken goes on.
  func stopAccepting() {
    let waiter = state.withLockedValue { state in
      if state.phase == .accepting || state.phase == .notRunning { state.phase = .draining }
      defer { state.stopped = nil }
      return state.stopped
    }
    waiter?.resume()
  }

  private func waitUntilStopped() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let over = state.withLockedValue { state in
          if state.phase != .accepting { return true }
          state.stopped = continuation
          return false
        }
        if over { continuation.resume() }
      }
    } onCancel: {
      stopAccepting()
    }
  }

  /// Waits until nothing runs; false when that takes longer than `limit`, or the waiting task is cancelled.
  func waitUntilIdle(for limit: Duration) async -> Bool { await wait(until: .idle, for: limit) }

  private func wait(until end: End, for limit: Duration) async -> Bool {
    let id = state.withLockedValue { state in
      state.nextWaiter += 1
      state.waiters[state.nextWaiter] = (end, .coming)
      return state.nextWaiter
    }
    return await withTaskGroup(of: Void.self) { group in
      group.addTask {
        try? await Task.sleep(for: limit)
        self.state.withLockedValue { $0.takeWaiting(id, leaving: .tooLate) }?.resume(returning: false)
      }
      let isReached = await wait(id)
      group.cancelAll()
      return isReached
    }
  }

  private func wait(_ id: Int) async -> Bool {
    await withCheckedContinuation { continuation in
      let known: Bool? = state.withLockedValue { state in
        guard let (end, waiter) = state.waiters[id] else { return false }
        if state.isReached(end) || waiter.isTooLate {
          state.waiters[id] = nil
          return state.isReached(end)
        }
        state.waiters[id]?.waiter = .waiting(continuation)
        return nil
      }
      if let known { continuation.resume(returning: known) }
    }
  }
}

/// Work that a service runs.
package struct ServiceJob: Sendable {
  fileprivate let jobs: JobQueue
  fileprivate let number: UInt64

  /// Nobody wants its result any more: shutdown does not wait for it, only cancels it at the end of draining.
  package func leave() { jobs.leave(number) }
}
