import Synchronization

/// A value that several tasks change, and of which a test can wait until something holds.
///
/// Tests wait for events and never sleep; this is what all events of the harness are made of.
final class Watched<Value: Sendable>: Sendable {
  private struct State {
    var value: Value
    var waiters: [Int: Waiter] = [:]
    var next = 0
  }

  private struct Waiter {
    let holds: @Sendable (Value) -> Bool
    let continuation: CheckedContinuation<Void, Never>
  }

  private let state: Mutex<State>

  init(_ value: Value) {
    state = Mutex(State(value: value))
  }

  /// The value now.
  var value: Value { state.withLock { $0.value } }

  /// Changes the value and wakes whoever waits for what now holds.
  @discardableResult
  func update<Result: Sendable>(_ change: @Sendable (inout Value) -> Result) -> Result {
    let (result, woken) = state.withLock { state in
      let result = change(&state.value)
      let ready = state.waiters.filter { $0.value.holds(state.value) }
      for number in ready.keys { state.waiters[number] = nil }
      return (result, ready.values.map(\.continuation))
    }
    for continuation in woken { continuation.resume() }
    return result
  }

  /// Waits until `holds` is true of the value, or the task is cancelled, as by a test's time limit.
  @discardableResult
  func wait(until holds: @escaping @Sendable (Value) -> Bool) async -> Value {
    let number = state.withLock { state in
      state.next += 1
      return state.next
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          if holds(state.value) || Task.isCancelled { return true }
          state.waiters[number] = Waiter(holds: holds, continuation: continuation)
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      let waiter = state.withLock { $0.waiters.removeValue(forKey: number) }
      waiter?.continuation.resume()
    }
    return value
  }
}
