import Idempotency
import IdempotencyRedis
import NIOConcurrencyHelpers

/// Whether this worker can serve guarded requests, and what is missing: the answer to `/health/ready`.
final class WorkerReadiness: Sendable {
  private struct State {
    var keyspaces = ReadinessCheck(name: "keyspaces", ok: false, detail: "not compared with the store's yet")
    var configuration = ReadinessCheck(name: "configuration", ok: true)
  }

  private let backend: WorkerStore
  private let keys: KeyRefresher
  private let state = NIOLockedValueBox(State())
  private let worker = NIOLockedValueBox<Worker?>(nil)

  init(backend: WorkerStore, keys: KeyRefresher) {
    self.backend = backend
    self.keys = keys
  }

  /// Says whose listener counts.
  func watch(_ worker: Worker) { self.worker.withLockedValue { $0 = worker } }

  /// Every check, in a fixed order.
  var checks: [ReadinessCheck] {
    let (keyspaces, configuration) = state.withLockedValue { ($0.keyspaces, $0.configuration) }
    let isListening = worker.withLockedValue { $0?.isListening ?? false }
    var checks = [
      ReadinessCheck(
        name: "store", ok: backend.isReady, detail: backend.isReady ? nil : "not reached, not fit, or still settling"),
      ReadinessCheck(
        name: "clock", ok: backend.store.clock.upperBound(at: .now) != nil,
        detail: backend.store.clock.upperBound(at: .now) != nil ? nil : "the store's time is not known"),
      configuration, keyspaces,
      ReadinessCheck(
        name: "listener", ok: isListening, detail: isListening ? nil : "not open yet, or not any more"),
    ]
    // Keys that grew old still serve: whoever looks is told, and the worker stays in service.
    if let keys = keys.current {
      checks.append(ReadinessCheck(name: "keys", ok: keys.current != nil, detail: keys.failure))
    }
    return checks
  }

  /// Holds the keyspaces' derivations against those of the other workers (rule F11).
  /// - Throws: `RedisStoreError` that names the keyspace.
  func claim(_ derivations: [KeyspaceDerivation]) async throws {
    do {
      try await backend.redis?.claim(derivations)
      state.withLockedValue { $0.keyspaces = ReadinessCheck(name: "keyspaces", ok: true) }
    } catch {
      state.withLockedValue { state in
        // Refused at a reload: what was claimed before is in force, and still right.
        guard !state.keyspaces.ok else { return }
        state.keyspaces = ReadinessCheck(name: "keyspaces", ok: false, detail: "\(error)")
      }
      throw error
    }
  }

  /// A reload was tried.
  func reloaded(_ failure: String?) {
    // What is in force still works: the check tells whoever looks, and does not take the worker out of service.
    state.withLockedValue { $0.configuration = ReadinessCheck(name: "configuration", ok: true, detail: failure) }
  }
}
