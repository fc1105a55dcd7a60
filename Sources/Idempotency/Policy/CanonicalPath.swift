/// A request target's path in the spelling that matching, scope and fingerprint use (DESIGN "Paths").
///
/// Unreserved characters are decoded and percent-encodings upper-cased (RFC 3986 sections 6.2.2.1 and 6.2.2.2); the
/// case is kept and dot segments are not resolved. The target itself is forwarded as it came.
public struct CanonicalPath: Sendable, Hashable {
  /// The canonical path without its trailing slash, if it had one and is not the root.
  ///
  /// For a target that has no path, such as `*`, it is the target, and no pattern matches it.
  public let text: String
  /// Whether a trailing slash was dropped.
  public let hasTrailingSlash: Bool
  /// The query without its question mark, as it came; nil without a question mark.
  public let query: String?
  /// The authority of a target in absolute form, as it came; it then counts instead of Host (RFC 9112 section 3.2.2).
  public let authority: String?
  /// Whether routers may disagree about this path: it holds dot segments, `//`, `\`, `#` or NUL, or an encoded `/`,
  /// `\`, `.` or NUL (CONFORMANCE A1).
  public let isSuspicious: Bool
  /// What lenient routers may make of a suspicious path; empty for all others.
  let lenientReadings: [[UInt8]]
  /// A suspicious path has more readings than are looked at: any policy may be meant.
  let hasTooManyReadings: Bool
  /// What some routers make of a path that others take as it is: without the parameters of its segments (`/a;x`, which
  /// Java's containers cut), or decoded twice (`%2561`).
  ///
  /// Empty for paths without either. It is no wrong spelling as long as the same policy guards every reading.
  let otherReadings: [[UInt8]]

  /// Reads a request target in any form: origin, absolute, authority or asterisk (RFC 9112 section 3.2).
  ///
  /// - Parameters:
  ///   - target: The target.
  ///   - readsOtherwise: Whether to find out what lenient routers make of the path: needless where no policy has the
  ///     request's method.
  public init(target: String, readsOtherwise: Bool = true) {
    let parts = TargetParts(target)
    authority = parts.authority.map(String.init)
    query = parts.query.map(String.init)
    let path = parts.path.utf8
    hasTrailingSlash = path.count > 1 && path.first == Self.slash && path.last == Self.slash
    // By bytes: a character may take the slash into one with what stands before it.
    let trimmed = hasTrailingSlash ? Substring(path.dropLast()) : parts.path
    if Self.isPlain(path) {
      text = String(trimmed)
      isSuspicious = false
      lenientReadings = []
      hasTooManyReadings = false
      otherReadings = []
    } else {
      text = Self.canonical(trimmed.utf8)
      isSuspicious = path.first == Self.slash && Self.isSuspicious(path)
      let isReadOtherwise = path.first == Self.slash && Self.isReadOtherwise(path)
      let readings = readsOtherwise && (isSuspicious || isReadOtherwise) ? PathReadings(of: path) : nil
      hasTooManyReadings = readings?.areTooMany ?? false
      lenientReadings = isSuspicious ? readings?.all ?? [] : []
      otherReadings = isSuspicious ? [] : readings?.all ?? []
    }
  }

  /// The canonical path for a policy.
  ///
  /// - Parameter trailingSlashCounts: Whether the policy tells `/a/` from `/a`.
  /// - Returns: The path, with its trailing slash if that counts.
  public func text(trailingSlashCounts: Bool) -> String {
    trailingSlashCounts && hasTrailingSlash ? text + "/" : text
  }

  static let slash = UInt8(ascii: "/")
}
