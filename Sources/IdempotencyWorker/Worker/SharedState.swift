import Idempotency
import Logging
import Synchronization

/// The little that event loops share: counters, and whether the operator knows that the store is away.
final class SharedState: Sendable {
  /// Bytes of answers that wait for a store that is away; what comes on top is stored without its answer.
  ///
  /// 64 MiB: a thousand answers of ordinary size times sixty, far below what a node has.
  static let maximumPendingBytes = 64 << 20

  let outage: StoreOutage
  /// The bytes of requests and answers that this worker holds (rule W9).
  let held: HeldBytes
  /// Who waits for another's execution.
  let waiters = WaiterCount()
  private let pending = Atomic(0)
  private let clients = Atomic(0)
  private let maximumClients: Int

  /// Makes the state of a worker.
  /// - Parameters:
  ///   - maximumClients: How many connections clients may have.
  ///   - heldBytes: How many bytes of requests and answers may be held.
  ///   - logger: For whoever operates the worker.
  init(maximumClients: Int, heldBytes: Int, logger: Logger) {
    self.maximumClients = maximumClients
    held = HeldBytes(limit: heldBytes)
    outage = StoreOutage(logger: logger)
  }

  /// Asks to hold an answer back for a store that is away; false when too much is held already.
  func hold(_ bytes: Int) -> Bool {
    if pending.wrappingAdd(bytes, ordering: .relaxed).newValue <= min(Self.maximumPendingBytes, held.limit) {
      return true
    }
    letGo(bytes)
    return false
  }

  func letGo(_ bytes: Int) {
    pending.wrappingSubtract(bytes, ordering: .relaxed)
  }

  var pendingBytes: Int { pending.load(ordering: .relaxed) }

  /// Counts a new client; false when there are too many.
  ///
  /// Every call is followed by one of ``clientClosed()``.
  func clientOpened() -> Bool {
    clients.wrappingAdd(1, ordering: .relaxed).newValue <= maximumClients
  }

  func clientClosed() {
    clients.wrappingSubtract(1, ordering: .relaxed)
  }
}
