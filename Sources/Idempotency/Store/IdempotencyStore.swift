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
}
