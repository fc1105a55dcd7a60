/// What is to be done with a request, decided from its head alone.
public enum Admission: Sendable {
  /// Not guarded: forward it as it is. With `ignoredKey` its answer says `Idempotency-Status: ignored` (rule A1).
  case pass(ignoredKey: Bool)
  /// Answered by this layer; neither store nor origin is touched (rule K11).
  case answer(HTTPAnswer, policy: IdempotencyPolicy?)
  /// Guarded: read its body up to the policy's limit, then make its exchange.
  case guarded(GuardedRequest)
}
