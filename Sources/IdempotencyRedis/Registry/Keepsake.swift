package import Idempotency
internal import NIOCore

/// A record as this process last knew it, to be put back where Redis has lost it.
///
/// The record is kept as it was written: nothing has to be parsed to put it back, so no record can hide another.
package struct Keepsake: Sendable, Hashable {
  package let key: RecordKey
  package let record: StoredRecord
  /// Milliseconds from when it is put back.
  package let ttl: Int64

  /// What puts it back; safe to send whether it was lost or not.
  package var operation: StoreOperation { .putBack(record: record, ttl: ttl) }

  /// The bytes that it takes: key, record and what is around them.
  var byteCount: Int { record.bytes.readableBytes + key.description.utf8.count + 256 }
}
