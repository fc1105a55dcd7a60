internal import HeapModule
internal import NIOConcurrencyHelpers

/// Every timer of every exchange of a service, in one heap with one task that sleeps.
///
/// A task of its own per renewal would be a second task per request, made only to be cancelled: nearly every operation
/// ends before its first renewal is due.
final class TimerQueue: Sendable {
  typealias Action = @Sendable () async -> Void

  /// Names a timer, so that it can be cancelled.
  struct Token: Sendable, Hashable {
    let number: UInt64
  }

  private struct Entry: Comparable {
    let due: ContinuousClock.Instant
    let number: UInt64

    static func < (left: Entry, right: Entry) -> Bool {
      (left.due, left.number) < (right.due, right.number)
    }
  }

  private struct State {
    var heap = Heap<Entry>()
    /// What is not cancelled. A cancelled timer leaves its 24 bytes in the heap until it would have been due.
    var actions: [UInt64: Action] = [:]
    var next: UInt64 = 0
    var wakesAt: ContinuousClock.Instant?
  }

  private let state = NIOLockedValueBox(State())
  private let wake: AsyncStream<Void>
  private let wakeUp: AsyncStream<Void>.Continuation

  /// The pause between two looks at the heap while something is due soon: cancelled timers are passed over in bulk.
  private static let granularity = Duration.milliseconds(2)

  init() {
    (wake, wakeUp) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  func schedule(after milliseconds: Int64, _ action: @escaping Action) -> Token {
    let due = ContinuousClock.now.advanced(by: .milliseconds(milliseconds))
    let (token, earlier) = state.withLockedValue { state in
      state.next += 1
      state.heap.insert(Entry(due: due, number: state.next))
      state.actions[state.next] = action
      return (Token(number: state.next), state.wakesAt.map { due < $0 } ?? true)
    }
    if earlier { wakeUp.yield() }
    return token
  }

  func cancel(_ token: Token) {
    state.withLockedValue { _ = $0.actions.removeValue(forKey: token.number) }
  }

  func stop() {
    wakeUp.finish()
  }

  /// Runs every action that becomes due through `spawn`, until it is stopped.
  func run(_ spawn: (@escaping Action) -> Void) async {
    await withDiscardingTaskGroup { group in
      var signals = wake.makeAsyncIterator()
      var sleepingUntil: ContinuousClock.Instant?
      repeat {
        let now = ContinuousClock.now
        if let instant = sleepingUntil, instant <= now { sleepingUntil = nil }
        let (due, next) = takeDue(now)
        for action in due { spawn(action) }
        if let next, sleepingUntil.map({ next < $0 }) ?? true {
          sleepingUntil = next
          // A sleeper that an earlier one overtakes wakes the queue once in vain.
          group.addTask {
            try? await Task.sleep(until: next, clock: .continuous)
            self.wakeUp.yield()
          }
        }
      } while await signals.next() != nil && !Task.isCancelled
      group.cancelAll()
    }
  }

  private func takeDue(_ now: ContinuousClock.Instant) -> ([Action], ContinuousClock.Instant?) {
    state.withLockedValue { state in
      var due: [Action] = []
      while let first = state.heap.min, first.due <= now || state.actions[first.number] == nil {
        state.heap.removeMin()
        if let action = state.actions.removeValue(forKey: first.number) { due.append(action) }
      }
      state.wakesAt = state.heap.min.map { max($0.due, now.advanced(by: Self.granularity)) }
      return (due, state.wakesAt)
    }
  }
}
