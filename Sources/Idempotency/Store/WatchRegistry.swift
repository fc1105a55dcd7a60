internal import NIOConcurrencyHelpers

/// Who listens to which record of a ``MemoryStore``.
///
/// Bounded by the requests that wait: each holds one watch until its time is over.
final class WatchRegistry: Sendable {
  private struct State {
    var watchers: [RecordKey: [UInt64: @Sendable () -> Void]] = [:]
    var next: UInt64 = 0
  }

  private let state = NIOLockedValueBox(State())

  func watch(_ key: RecordKey, _ changed: @escaping @Sendable () -> Void) -> any StoreWatch {
    let id = state.withLockedValue { state in
      state.next += 1
      state.watchers[key, default: [:]][state.next] = changed
      return state.next
    }
    changed()
    return Watch(registry: self, key: key, id: id)
  }

  /// How many watches there are.
  var count: Int { state.withLockedValue { $0.watchers.values.reduce(0) { $0 + $1.count } } }

  /// Tells all who listen to `key`, in this thread and outside every lock.
  func notify(_ key: RecordKey) {
    let watchers = state.withLockedValue { state in state.watchers[key].map { Array($0.values) } }
    for changed in watchers ?? [] { changed() }
  }

  private func cancel(_ key: RecordKey, _ id: UInt64) {
    state.withLockedValue { state in
      state.watchers[key]?[id] = nil
      if state.watchers[key]?.isEmpty == true { state.watchers[key] = nil }
    }
  }

  private struct Watch: StoreWatch {
    let registry: WatchRegistry
    let key: RecordKey
    let id: UInt64

    func cancel() { registry.cancel(key, id) }
  }
}
