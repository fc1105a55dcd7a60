internal import DequeModule
internal import NIOConcurrencyHelpers

/// Hands work from request tasks, which may be cancelled, to the service's own task group, which is not.
///
/// A queue of its own and no `AsyncStream`: a stream drops what it holds when its reader is cancelled, and a dropped
/// job is a caller who waits for ever. It holds a job only until the group takes it; how many there are is bounded by
/// how many requests the server lets in.
final class JobQueue: Sendable {
  typealias Job = @Sendable () async -> Void

  private enum Phase { case notRunning, accepting, draining, ended }

  private struct State {
    var phase = Phase.notRunning
    var waiting = Deque<Job>()
    var taker: CheckedContinuation<Job?, Never>?
    var running = 0
    var idle: [Int: CheckedContinuation<Bool, Never>] = [:]
    var nextWaiter = 0
    var stopped: CheckedContinuation<Void, Never>?
  }

  private let state = NIOLockedValueBox(State())

  /// Whether new work is taken.
  var isAccepting: Bool { state.withLockedValue { $0.phase == .accepting } }

  /// Runs a job in the service; false when there is no service to run it.
  @discardableResult
  func spawn(_ job: @escaping Job) -> Bool {
    let (taken, taker) = state.withLockedValue { state in
      guard state.phase == .accepting || state.phase == .draining else { return (false, nil as CheckedContinuation<Job?, Never>?) }
      state.running += 1
      if let taker = state.taker {
        state.taker = nil
        return (true, taker)
      }
      state.waiting.append(job)
      return (true, nil)
    }
    taker?.resume(returning: job)
    return taken
  }

  /// Takes jobs until it is told to stop accepting and `drain` has returned.
  func run(in group: inout DiscardingTaskGroup, drain: @escaping @Sendable () async -> Void) async {
    state.withLockedValue { if $0.phase == .notRunning { $0.phase = .accepting } }
    group.addTask {
      await self.waitUntilStopped()
      await drain()
      self.end()
    }
    while let job = await next() {
      group.addTask {
        await job()
        self.ended()
      }
    }
  }

  private func next() async -> Job? {
    await withCheckedContinuation { continuation in
      let ready: Job?? = state.withLockedValue { state in
        if let job = state.waiting.popFirst() { return .some(job) }
        if state.phase == .ended { return .some(nil) }
        state.taker = continuation
        return nil
      }
      if let ready { continuation.resume(returning: ready) }
    }
  }

  private func end() {
    let taker = state.withLockedValue { state in
      state.phase = .ended
      defer { state.taker = nil }
      return state.taker
    }
    taker?.resume(returning: nil)
  }

  private func ended() {
    let idle = state.withLockedValue { state in
      state.running -= 1
      guard state.running == 0 else { return [CheckedContinuation<Bool, Never>]() }
      defer { state.idle.removeAll() }
      return Array(state.idle.values)
    }
    for waiter in idle { waiter.resume(returning: true) }
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
  func waitUntilIdle(for limit: Duration) async -> Bool {
    let id = state.withLockedValue { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    return await withTaskGroup(of: Void.self) { group in
      group.addTask {
        try? await Task.sleep(for: limit)
        self.state.withLockedValue { $0.idle.removeValue(forKey: id) }?.resume(returning: false)
      }
      let idle = await idle(id)
      group.cancelAll()
      return idle
    }
  }

  private func idle(_ id: Int) async -> Bool {
    await withCheckedContinuation { continuation in
      let known: Bool? = state.withLockedValue { state in
        if state.running == 0 { return true }
        if Task.isCancelled { return false }
        state.idle[id] = continuation
        return nil
      }
      if let known { continuation.resume(returning: known) }
    }
  }
}
