internal import HeapModule
internal import NIOCore

/// The records of a ``MemoryStore``: values with an end, as Redis keeps them.
///
/// An entry whose end has passed counts as absent at once, and is removed by a sweep that goes along with every
/// operation.
package struct MemoryTable: Sendable {
  /// What stands under a key.
  package enum Standing {
    case absent
    case record(StoredRecord)
    case unreadable
  }

  private struct Entry {
    /// Nil stands for a value of another type.
    var bytes: ByteBuffer?
    var expires: Int64
  }

  private struct Expiry: Comparable {
    let expires: Int64
    let key: RecordKey

    static func < (left: Expiry, right: Expiry) -> Bool { left.expires < right.expires }
  }

  let maximumByteCount: Int
  /// What the values take, those included that have ended and were not swept yet.
  private(set) var byteCount = 0
  private var entries: [RecordKey: Entry] = [:]
  /// One element for each entry; it may name an earlier end than the entry has by now.
  private var expiries = Heap<Expiry>()
  /// Entries looked at in one operation.
  ///
  /// An operation adds one at most, so two would be enough to shrink; eight make
  /// up quickly for a pause, and still take less than a microsecond.
  private static let sweepLimit = 8
  /// What an entry takes besides its value: key, dictionary slot and heap element, roughly.
  private static let overhead = 200

  package init(maximumByteCount: Int) {
    self.maximumByteCount = maximumByteCount
  }

  /// What stands under `key` now.
  package func standing(_ key: RecordKey, now: Int64) -> Standing {
    guard let entry = entries[key], entry.expires >= now else { return .absent }
    guard let bytes = entry.bytes, let stored = StoredRecord(bytes: bytes) else { return .unreadable }
    return .record(stored)
  }

  /// How many milliseconds `key` still stands; nil if it is absent.
  package func timeToLive(of key: RecordKey, now: Int64) -> Int64? {
    guard let entry = entries[key], entry.expires >= now else { return nil }
    return entry.expires - now
  }

  /// When an entry ends.
  func expires(of key: RecordKey) -> Int64? { entries[key]?.expires }

  /// Writes a value, whatever stood there.
  mutating func put(_ bytes: ByteBuffer?, under key: RecordKey, expires: Int64) {
    let old = entries.updateValue(Entry(bytes: bytes, expires: expires), forKey: key)
    byteCount += (bytes?.readableBytes ?? 0) + Self.overhead
    if let old {
      byteCount -= (old.bytes?.readableBytes ?? 0) + Self.overhead
    } else {
      expiries.insert(Expiry(expires: expires, key: key))
    }
  }

  /// Moves an entry's end to a later time, never to an earlier one.
  mutating func extend(_ key: RecordKey, to expires: Int64) {
    guard let entry = entries[key], entry.expires < expires else { return }
    entries[key]?.expires = expires
  }

  /// Makes `key` absent; the sweep takes the rest away.
  mutating func remove(_ key: RecordKey) {
    entries[key]?.expires = .min
  }

  /// Removes a few of the entries that have ended.
  mutating func sweep(now: Int64) {
    for _ in 0..<Self.sweepLimit {
      guard let first = expiries.min, first.expires < now else { return }
      expiries.removeMin()
      guard let entry = entries[first.key] else { continue }
      if entry.expires < now {
        entries[first.key] = nil
        byteCount -= (entry.bytes?.readableBytes ?? 0) + Self.overhead
      } else {
        expiries.insert(Expiry(expires: entry.expires, key: first.key))
      }
    }
  }
}
