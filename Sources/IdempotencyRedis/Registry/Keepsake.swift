package import Idempotency

/// A record as this process last knew it to stand, to be put back where Redis has lost it.
package struct Keepsake: Sendable, Hashable {
  package let key: RecordKey
  package let record: Record
  /// Milliseconds from when it is put back.
  package let ttl: Int64

  /// What puts it back; safe to send whether it was lost or not.
  package var operation: StoreOperation { .putBack(record: record, ttl: ttl) }
}
