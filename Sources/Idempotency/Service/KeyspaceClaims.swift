internal import Logging
internal import NIOConcurrencyHelpers
internal import Synchronization

/// Claims the keyspaces of a service's policies while the service runs (rule F11), and knows whether they are claimed.
final class KeyspaceClaims: Sendable {
  private struct State {
    /// Everything that is to be claimed, what is claimed already included.
    var wanted: [KeyspaceDerivation] = []
    /// How many of them the store has agreed to, from the first on.
    var claimed = 0
    /// Why the last try failed; nil when none has.
    var failure: String?
  }

  private let state = NIOLockedValueBox(State())
  /// Whether all is claimed: one load for each guarded request.
  private let isComplete = Atomic(true)
  private let wake: AsyncStream<Void>
  private let wakeUp: AsyncStream<Void>.Continuation

  /// The pause between two tries.
  ///
  /// 200 ms: one that refuses is asked five times a second, and an operator's correction is found at once.
  private static let pause = Duration.milliseconds(200)
  /// How long ``wait()`` looks on while tries fail.
  ///
  /// 3 s: a connection that is in its backoff while another has found the store is back after 2 s.
  private static let patience = Duration.seconds(3)
  /// The pause between two looks at what no event tells: whether a store that is still to come knows its time.
  ///
  /// 20 ms: nobody notices so much at a start, and it costs a lock fifty times a second until then.
  private static let look = Duration.milliseconds(20)

  init() {
    (wake, wakeUp) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// Whether every keyspace is claimed.
  var areComplete: Bool { isComplete.load(ordering: .acquiring) }

  /// Why not; nil when no try has failed yet.
  var failure: String? { areComplete ? nil : state.withLockedValue { $0.failure } }

  /// Adds keyspaces to be claimed.
  func add(_ derivations: [KeyspaceDerivation]) {
    state.withLockedValue { state in
      for derivation in derivations where !state.wanted.contains(derivation) { state.wanted.append(derivation) }
      isComplete.store(state.claimed == state.wanted.count, ordering: .releasing)
    }
    wakeUp.yield()
  }

  /// Claims what is added, until it is stopped or cancelled.
  func run(_ store: any IdempotencyStore, _ logger: Logger) async {
    var signals = wake.makeAsyncIterator()
    while !Task.isCancelled {
      if areComplete {
        guard await signals.next() != nil else { return }
        continue
      }
      // A store that does not know its time is not there yet: that is no failure of the claim.
      guard store.clock.upperBound(at: .now) != nil else {
        try? await Task.sleep(for: Self.look)
        continue
      }
      await claim(store, logger)
      if !areComplete { try? await Task.sleep(for: Self.pause) }
    }
  }

  /// Suspends until every keyspace is claimed, or no try has succeeded for ``patience``.
  func wait() async throws {
    let end = ContinuousClock.now + Self.patience
    while !areComplete {
      if let failure, ContinuousClock.now >= end { throw KeyspaceClaimError(reason: failure) }
      try await Task.sleep(for: Self.look)
    }
  }

  /// Ends ``run(_:_:)``.
  func stop() { wakeUp.finish() }

  private func claim(_ store: any IdempotencyStore, _ logger: Logger) async {
    let wanted = state.withLockedValue { $0.wanted }
    do {
      try Self.compare(wanted)
      try await store.claim(wanted)
      state.withLockedValue { state in
        state.claimed = wanted.count
        isComplete.store(state.claimed == state.wanted.count, ordering: .releasing)
      }
    } catch {
      let reason = "\(error)"
      let isNew = state.withLockedValue { state in
        defer { state.failure = reason }
        return state.failure != reason
      }
      // Said once, not five times a second.
      if isNew {
        logger.error("no guarded request is taken: keyspaces are not claimed", metadata: ["reason": "\(reason)"])
      }
    }
  }

  /// Policies of one process that contradict each other: a store that keeps no derivations would not notice.
  private static func compare(_ wanted: [KeyspaceDerivation]) throws {
    var digests: [String: String] = [:]
    for derivation in wanted {
      let other = digests.updateValue(derivation.digest, forKey: derivation.keyspace)
      if let other, other != derivation.digest { throw ContradictingKeyspace(keyspace: derivation.keyspace) }
    }
  }
}

/// Two policies of one service use one keyspace and derive keys or fingerprints in different ways.
private struct ContradictingKeyspace: Error, CustomStringConvertible {
  let keyspace: String

  var description: String {
    "keyspace \(keyspace) is used by two sets of policies of this service that derive its keys or fingerprints in "
      + "different ways: give one of them a keyspace of its own, or both the same principal, scope and fingerprint"
  }
}

/// Why a service's keyspaces are not claimed (rule F11).
public struct KeyspaceClaimError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Which keyspace it is and what to change, for an operator.
  public let reason: String

  /// The reason.
  public var description: String { reason }
}
