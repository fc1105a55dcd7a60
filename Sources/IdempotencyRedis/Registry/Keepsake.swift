internal import Idempotency

/// One operation that puts back what a Redis may have lost; safe to send whether it did or not.
struct Keepsake: Sendable {
  let key: RecordKey
  let operation: StoreOperation
}
