internal import HeapModule
internal import NIOConcurrencyHelpers

/// Every timer of every exchange of a service, in one heap.
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
    /// What is not cancelled.
    ///
    /// A cancelled timer leaves its 24 bytes in the heap until the heap is cleared of them.
    var actions: [UInt64: Action] = [:]
    var next: UInt64 = 0
    /// When the queue will look again; nil while it has nothing to wait for, or does not run.
    var wakesAt: ContinuousClock.Instant?
  }

  private let state = NIOLockedValueBox(State())
  private let wake: AsyncStream<Void>
  private let wakeUp: AsyncStream<Void>.Continuation

  /// The pause between two looks at the heap while something is due soon: cancelled timers are passed over in bulk.
  private static let granularity = Duration.milliseconds(2)
  /// Cancelled timers that may lie in the heap before it is cleared: few enough not to count, many enough that
  /// clearing, which looks at all, is rare.
  private static let tolerated = 1024

  init() {
    (wake, wakeUp) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// How many entries lie in the heap, cancelled ones included.
  var entryCount: Int { state.withLockedValue { $0.heap.count } }

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
    state.withLockedValue { state in
      state.actions[token.number] = nil
      guard state.heap.count > 2 * state.actions.count + Self.tolerated else { return }
      state.heap = Heap(state.heap.unordered.filter { state.actions[$0.number] != nil })
    }
  }

  func stop() {
    wakeUp.finish()
  }

  /// Forgets every timer.
  func removeAll() {
    state.withLockedValue { state in
      state.heap = Heap()
      state.actions.removeAll()
    }
  }

  /// Runs every action that becomes due through `spawn`, until it is stopped.
  func run(_ spawn: (@escaping Action) -> Void) async {
    await withDiscardingTaskGroup { group in
      var signals = wake.makeAsyncIterator()
      // Sleepers that have not woken. Each was added to wake before all others, so the last one is the next.
      var sleepers: [ContinuousClock.Instant] = []
      repeat {
        let now = ContinuousClock.now
        while let first = sleepers.last, first <= now { sleepers.removeLast() }
        let (due, next) = takeDue(now)
        for action in due { spawn(action) }
        if let next, sleepers.last.map({ next < $0 }) ?? true {
          sleepers.append(next)
          group.addTask { await self.sleep(until: next) }
        }
      } while await signals.next() != nil && !Task.isCancelled
      group.cancelAll()
    }
  }

  /// Wakes the queue at `instant` and never before: an early signal would be taken for no signal.
  private func sleep(until instant: ContinuousClock.Instant) async {
    repeat {
      do { try await Task.sleep(until: instant, clock: .continuous) } catch { return }
    } while ContinuousClock.now < instant
    wakeUp.yield()
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
