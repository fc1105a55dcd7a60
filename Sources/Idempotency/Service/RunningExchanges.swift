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
    /// Two services over one store guard the same records.
    let store: ObjectIdentifier
    let key: RecordKey
    /// It answers a request, and is no job.
    let isRequest: Bool
    let isOver = Atomic(false)

    init(store: ObjectIdentifier, key: RecordKey, isRequest: Bool) {
      self.store = store
      self.key = key
      self.isRequest = isRequest
    }
  }

  /// Not a chain of entries: operations that each leave a task behind, which begins the next, would grow it for ever.
  private let entries: [Entry]

  /// None.
  package init() { entries = [] }

  private init(entries: [Entry]) { self.entries = entries }

  /// Whether an operation under this key of this service's store runs around the current task.
  package func contains(_ key: RecordKey, in service: IdempotencyService) -> Bool {
    // Hardly ever are there any.
    if entries.isEmpty { return false }
    let store = service.storeIdentity
    return entries.contains { $0.key == key && $0.store == store && !$0.isOver.load(ordering: .acquiring) }
  }

  /// Whether an operation runs around the current task that answers a request: the task is that request's own.
  package var containsRequest: Bool { entries.contains { $0.isRequest && !$0.isOver.load(ordering: .acquiring) } }

  /// Runs an operation as one more of these: ``current`` contains it for as long as `operation` runs.
  ///
  /// - Parameters:
  ///   - key: The operation's key.
  ///   - service: The service that runs it.
  ///   - isRequest: It answers a request.
  ///   - operation: The operation.
  /// - Returns: What it returns.
  package func adding<Outcome: Sendable>(
    _ key: RecordKey, in service: IdempotencyService, isRequest: Bool, operation: @Sendable () async -> Outcome
  ) async -> Outcome {
    let entry = Entry(store: service.storeIdentity, key: key, isRequest: isRequest)
    // A task that it left running no longer belongs to it, and may meet a retry of it.
    defer { entry.isOver.store(true, ordering: .releasing) }
    let running = entries.filter { !$0.isOver.load(ordering: .acquiring) } + [entry]
    return await Self.$current.withValue(RunningExchanges(entries: running), operation: operation)
  }
}
