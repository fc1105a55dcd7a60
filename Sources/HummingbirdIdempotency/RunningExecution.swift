internal import Idempotency
internal import Synchronization

/// One execution of a handler, as it is known in all tasks that belong to it.
///
/// A middleware behind a middleware recognises by it the request that is guarded already. A task-local and no field of
/// the request: no client can claim it.
final class RunningExecution: Sendable {
  /// The innermost execution that this task belongs to, running or over.
  @TaskLocal static var current: RunningExecution?

  private let store: ObjectIdentifier
  private let key: RecordKey
  /// The execution around it, by a middleware further out that guards under another key.
  private let outer: RunningExecution?
  private let isOver = Atomic(false)

  init(of key: RecordKey, in service: IdempotencyService) {
    self.store = service.storeIdentity
    self.key = key
    self.outer = Self.innermost
  }

  /// The handler has returned.
  ///
  /// A task that it left running no longer belongs to this request, and may meet a retry of it.
  func end() { isOver.store(true, ordering: .releasing) }

  /// The innermost execution that runs in this task.
  static var innermost: RunningExecution? {
    var execution = current
    while let found = execution, found.isOver.load(ordering: .acquiring) { execution = found.outer }
    return execution
  }

  /// Whether this task belongs to the execution of this very record.
  static func isRunning(_ key: RecordKey, in service: IdempotencyService) -> Bool {
    var execution = current
    while let found = execution {
      if found.key == key, found.store == service.storeIdentity, !found.isOver.load(ordering: .acquiring) {
        return true
      }
      execution = found.outer
    }
    return false
  }
}
