internal import HiredisNIO
public import Idempotency
internal import NIOConcurrencyHelpers
internal import NIOCore

extension RedisIdempotencyStore {
  /// Claims keyspaces: from now on no other node may derive their keys or fingerprints in another way (rule F11).
  ///
  /// To be called before guarded work is taken; safe to repeat. An `IdempotencyService` does it for its middleware's
  /// policies. When Redis comes back having lost the claim, it is made
  /// again before anything is reserved; where another claim stands there then, the store is not ready any more.
  /// - Parameter derivations: How each keyspace derives, as `PolicySet/derivations` has it.
  /// - Throws: ``RedisStoreError``: ``RedisStoreError/Code/derivesOtherwise`` where Redis knows a keyspace that
  ///   derives otherwise, another code where Redis could not be asked. Nothing was reserved.
  public func claim(_ derivations: [KeyspaceDerivation]) async throws(RedisStoreError) {
    let connection = client.anyConnection()
    let key = keyPrefix + "meta"
    let result = await withCheckedContinuation { continuation in
      connection.eventLoop.execute {
        KeyspaceClaim(derivations, key: key, connection).make { continuation.resume(returning: $0) }
      }
    }
    try result.get()
    claimed.withLockedValue { claimed in
      for derivation in derivations where !claimed.contains(derivation) { claimed.append(derivation) }
    }
  }

  /// Claims again what this process has claimed: a node that has lost its records has lost its claims, too.
  ///
  /// - Parameters:
  ///   - epoch: The history that was connected; with another one this is void.
  ///   - eventLoop: The loop this is called on.
  ///   - done: Called when all stands there.
  func claimAgain(_ epoch: Int, on eventLoop: any EventLoop, done: @escaping () -> Void) {
    let derivations = claimed.withLockedValue { $0 }
    if derivations.isEmpty { return done() }
    KeyspaceClaim(derivations, key: keyPrefix + "meta", client.connection(on: eventLoop)).make { result in
      guard self.node.isCurrent(epoch) else { return }
      switch result {
      case .success: done()
      case .failure(let error) where error.code == .derivesOtherwise: self.node.refuse(error, in: epoch)
      case .failure:
        eventLoop.assumeIsolated().scheduleTask(in: Self.pauseBetweenClaims) {
          self.claimAgain(epoch, on: eventLoop, done: done)
        }
      }
    }
  }

  /// A connection needs a moment to come back, and a full Redis one to be emptied.
  private static var pauseBetweenClaims: TimeAmount { .milliseconds(200) }
}
