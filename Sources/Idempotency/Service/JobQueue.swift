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
    /// Jobs that were taken, and exchanges that have begun: an exchange that waits for a timer runs nothing.
    var running = 0
    var idle: [Int: IdleWaiter] = [:]
    var nextWaiter = 0
    var stopped: CheckedContinuation<Void, Never>?

    /// Takes the waiter that waits; one that is still to come finds what is left for it.
    mutating func takeWaiting(_ id: Int, leaving mark: IdleWaiter?) -> CheckedContinuation<Bool, Never>? {
      switch idle[id] {
      case .waiting(let continuation):
        idle[id] = nil
        return continuation
      case .coming:
        if let mark { idle[id] = mark }
        return nil
      case .tooLate, nil:
        return nil
      }
    }
  }

  /// The time may be over before its waiter has come to wait.
  private enum IdleWaiter {
    case coming
    case waiting(CheckedContinuation<Bool, Never>)
    case tooLate

    var isTooLate: Bool { if case .tooLate = self { true } else { false } }
  }

  private let state = NIOLockedValueBox(State())

  /// Whether new work is taken.
  var isAccepting: Bool { state.withLockedValue { $0.phase == .accepting } }

  /// Counts an exchange that begins, until ``ended()``; false when no new work is taken.
  func begin() -> Bool {
    state.withLockedValue { state in
      guard state.phase == .accepting else { return false }
      state.running += 1
      return true
    }
  }

  /// Runs a job in the service; false when there is no service to run it.
  @discardableResult
  func spawn(_ job: @escaping Job) -> Bool {
    let (taken, taker) = state.withLockedValue { state in
      guard state.phase == .accepting || state.phase == .draining else {
        return (false, nil as CheckedContinuation<Job?, Never>?)
      }
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
  ///
  /// Jobs that still run then are cancelled.
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
    group.cancelAll()
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

  /// A job or an exchange is over.
  func ended() {
    let idle = state.withLockedValue { state in
      state.running -= 1
      guard state.running == 0 else { return [CheckedContinuation<Bool, Never>]() }
      return state.idle.keys.compactMap { state.takeWaiting($0, leaving: nil) }
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
      state.idle[state.nextWaiter] = .coming
      return state.nextWaiter
    }
    return await withTaskGroup(of: Void.self) { group in
      group.addTask {
        try? await Task.sleep(for: limit)
        self.state.withLockedValue { $0.takeWaiting(id, leaving: .tooLate) }?.resume(returning: false)
      }
      let idle = await idle(id)
      group.cancelAll()
      return idle
    }
  }

  private func idle(_ id: Int) async -> Bool {
    await withCheckedContinuation { continuation in
      let known: Bool? = state.withLockedValue { state in
        if state.running == 0 || state.idle[id]?.isTooLate ?? true {
          state.idle[id] = nil
          return state.running == 0
        }
        state.idle[id] = .waiting(continuation)
        return nil
      }
      if let known { continuation.resume(returning: known) }
    }
  }
}
