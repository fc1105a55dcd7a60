internal import Synchronization

/// The exchanges whose operations the current task runs, or was started by, while those operations run.
///
/// An operation that asks for its own key again would wait for itself, or leave its key uncertain with the refusal. Asked
/// here first, whoever guards the inner call can say what is wrong: ``contains(_:of:)``.
///
/// It follows a task tree inside this process: child tasks and `Task { }`, not `Task.detached` and not a request that
/// the operation sends over a network.
package struct RunningExchanges: Sendable {
  /// Those of the task that asks.
  @TaskLocal package static var current = RunningExchanges()

  /// One operation that runs, or ran: a task that it left behind may still hold this.
  private final class Entry: Sendable {
    let service: ObjectIdentifier
    let key: RecordKey
    let isOver = Atomic(false)

    init(service: ObjectIdentifier, key: RecordKey) {
      self.service = service
      self.key = key
    }
  }

  /// Not a chain of entries: operations that each leave a task behind, which begins the next, would grow it for ever.
  private let entries: [Entry]

  /// None.
  package init() { entries = [] }

  private init(entries: [Entry]) { self.entries = entries }

  /// Whether an operation under this key of this service runs around the current task.
  package func contains(_ key: RecordKey, of service: IdempotencyService) -> Bool {
    // Hardly ever are there any.
    if entries.isEmpty { return false }
    let service = ObjectIdentifier(service)
    return entries.contains { $0.service == service && $0.key == key && !$0.isOver.load(ordering: .relaxed) }
  }

  /// Runs an operation as one more of these: ``current`` contains it for as long as `operation` runs.
  ///
  /// Called on those that were ``current`` in the caller's task, because the operation itself runs in a task of the
  /// service, which inherits nothing from the caller.
  package func adding<Outcome: Sendable>(
    _ key: RecordKey, of service: IdempotencyService, operation: @Sendable () async -> Outcome
  ) async -> Outcome {
    let entry = Entry(service: ObjectIdentifier(service), key: key)
    defer { entry.isOver.store(true, ordering: .relaxed) }
    let running = entries.filter { !$0.isOver.load(ordering: .relaxed) } + [entry]
    return await Self.$current.withValue(RunningExchanges(entries: running), operation: operation)
  }
}
