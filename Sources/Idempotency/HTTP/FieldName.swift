/// The names of the fields this layer reads and writes, in lower case as they are compared.
public enum FieldName {
  /// The client's key (draft-ietf-httpapi-idempotency-key-header).
  public static let key = "idempotency-key"
  /// To the origin: the fencing number.
  public static let attempt = "idempotency-attempt"
  /// To the client: what became of the request, one of ``IdempotencyStatus``.
  public static let status = "idempotency-status"
  /// To the client: the store has not taken the outcome yet.
  public static let stored = "idempotency-stored"
  /// From the origin: `release` or `stream`.
  public static let result = "idempotency-result"
  /// From the origin: how long its answer is to be replayed, in seconds.
  public static let retention = "idempotency-retention"

  /// Whether this is a field of this layer that an origin has no say over, or that is meant for this layer alone
  /// (rule A6).
  package static func isLayerField(_ name: String) -> Bool {
    switch name.utf8.count {
    case 18: name.isField(status) || name.isField(stored) || name.isField(result)
    case 19: name.isField("idempotent-replayed")
    case 21: name.isField(retention)
    default: false
    }
  }

  /// Whether a field belongs to one connection or one moment, and to no replay (rule E5, RFC 9110 section 7.6.1); or
  /// speaks to shared caches alone (rule W13, RFC 9213): they would take a replay for new, see ``ReplayedCaching``.
  static func isNeverReplayed(_ name: String) -> Bool {
    isTargetedCacheControl(name) || isNeverReplayedByName(name)
  }

  private static func isNeverReplayedByName(_ name: String) -> Bool {
    switch name.utf8.count {
    case 2: name.isField("te")
    case 3: name.isField("age")
    case 4: name.isField("date")
    case 7: name.isField("trailer") || name.isField("upgrade")
    case 10: name.isField("connection") || name.isField("keep-alive") || name.isField("set-cookie")
    case 12: name.isField("edge-control")
    case 14: name.isField("content-length")  // recomputed from the body
    case 15: name.isField("x-accel-expires")
    case 16: name.isField("proxy-connection") || name.isField("www-authenticate")
    case 17: name.isField("transfer-encoding") || name.isField("surrogate-control")
    case 18: name.isField("proxy-authenticate")
    default: false
    }
  }

  /// `CDN-Cache-Control`, and those of one CDN, which are named like it.
  private static func isTargetedCacheControl(_ name: String) -> Bool {
    // Few names are so long and end in `l`.
    guard name.utf8.count > 14, name.utf8.last.map({ $0 | 0x20 }) == UInt8(ascii: "l") else { return false }
    return String(name.utf8.suffix(14))?.isField("-cache-control") ?? false
  }
}

extension String {
  /// Whether two field names are the same (RFC 9110 section 5.1); `other` is in lower case.
  ///
  /// Nothing is allocated: every field of every message is compared with several names.
  package func isField(_ other: String) -> Bool {
    guard utf8.count == other.utf8.count else { return false }
    var expected = other.utf8.makeIterator()
    for byte in utf8 {
      if expected.next() != (byte &- 0x41 < 26 ? byte | 0x20 : byte) { return false }
    }
    return true
  }

  /// Whether a field name, or a value that compares like one, begins with `prefix`, which is in lower case.
  package func beginsField(_ prefix: StaticString) -> Bool {
    guard utf8.count >= prefix.utf8CodeUnitCount else { return false }
    var expected = prefix.utf8Start
    let end = expected + prefix.utf8CodeUnitCount
    for byte in utf8 {
      if expected == end { return true }
      let lower = byte &- 0x41 < 26 ? byte | 0x20 : byte
      if lower != expected.pointee { return false }
      expected += 1
    }
    return true
  }
}
