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

  /// Whether a text may be a field's name: a token (RFC 9110 section 5.6.2).
  static func isToken(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }

  /// Fields of this layer that an origin has no say over, or that are meant for this layer alone (rule A6).
  static let neverFromOrigin: Set<String> = [status, stored, result, retention, "idempotent-replayed"]

  /// Fields that belong to one connection or one moment, and to no replay (rule E5, RFC 9110 section 7.6.1).
  static let neverReplayed: Set<String> = [
    "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    "date", "set-cookie", "www-authenticate", "proxy-authenticate",
    "content-length",  // recomputed from the body
  ]
}
