/// Where records stand.
///
/// One conformance suite (`IdempotencyTesting`) holds for every store.
public protocol IdempotencyStore: Sendable {
  /// The store's time as this process knows it.
  var clock: any StoreClock { get }

  /// Sends one operation about one key.
  ///
  /// The store is not asked again: whether to resend is the engine's decision.
  /// - Throws: ``StoreFailure``, which says whether the operation may have been applied.
  func perform(_ operation: StoreOperation, for key: RecordKey) async throws(StoreFailure) -> StoreReply

  /// Listens to the changes of one record: its completion, release, uncertainty or an operator's decision.
  ///
  /// What has changed is not told: whoever waits reads the record. A change may stay untold, where the store is away or
  /// refuses to tell: whoever waits keeps a slow poll behind it.
  /// - Parameters:
  ///   - key: The record's key.
  ///   - changed: Called on any thread, also before this method returns: once when the watch is established, at every
  ///     change, and when changes may have been missed.
  /// - Returns: What ends the watch; letting go of it does not.
  func watch(_ key: RecordKey, _ changed: @escaping @Sendable () -> Void) -> any StoreWatch

  /// Claims keyspaces: from now on no other node may derive their keys or fingerprints in another way (rule F11).
  ///
  /// Safe to repeat. A store that no other process shares keeps no derivations, and agrees to all.
  /// - Parameter derivations: How each keyspace derives.
  /// - Throws: What says to an operator which keyspace another node derives otherwise, or why the store could not be
  ///   asked. Nothing was reserved.
  func claim(_ derivations: [KeyspaceDerivation]) async throws
}

extension IdempotencyStore {
  /// Agrees to every derivation, as a store does that no other process shares.
  public func claim(_ derivations: [KeyspaceDerivation]) async throws {}
}
