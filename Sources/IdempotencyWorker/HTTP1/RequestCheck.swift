import Idempotency

/// What of a request two servers may read differently though it is well-formed.
enum RequestCheck {
  /// A request is for a path, for the whole server (`OPTIONS *`), or for a path of the host that it names.
  static func target(_ head: RequestHead) throws(BadMessage) {
    if head.method == "CONNECT" { throw BadMessage("method", "CONNECT is not served here.", status: 405) }
    if head.target.utf8.first == UInt8(ascii: "/") { return }
    if head.target == "*", head.method == "OPTIONS" { return }
    let scheme = head.target.prefix(8).lowercased()
    guard scheme.hasPrefix("http://") || scheme == "https://", let authority = authority(of: head.target),
      Authority(authority, scheme: "http").isWellFormed
    else { throw BadMessage("target", "The request target is no path.") }
  }

  /// The authority of a target in absolute form; nil for any other, and for an empty one.
  static func authority(of target: String) -> String? {
    guard target.utf8.first != UInt8(ascii: "/") else { return nil }
    let authority = CanonicalPath.TargetParts(target).authority ?? ""
    return authority.isEmpty ? nil : String(authority)
  }
}
