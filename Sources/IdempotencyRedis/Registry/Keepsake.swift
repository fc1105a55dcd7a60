package import Idempotency

/// One operation that puts back what a Redis may have lost; safe to send whether it did or not.
package struct Keepsake: Sendable {
  package let key: RecordKey
  package let operation: StoreOperation
}
