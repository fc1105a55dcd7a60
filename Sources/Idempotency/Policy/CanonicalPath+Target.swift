extension CanonicalPath {
  /// The pieces of a request target, cut but not changed.
  package struct TargetParts {
    /// The authority of a target in absolute form.
    package let authority: Substring?
    let path: Substring
    let query: Substring?

    /// Cuts a target.
    package init(_ target: String) {
      var rest = target[...]
      var authority: Substring?
      if target.utf8.first != CanonicalPath.slash, let start = Self.endOfScheme(in: target) {
        // Absolute form: scheme "://" authority [path] ["?" query].
        let end = target.utf8[start...].firstIndex { $0 == CanonicalPath.slash || $0 == UInt8(ascii: "?") }
        authority = target[start..<(end ?? target.endIndex)]
        rest = target[(end ?? target.endIndex)...]
      }
      let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?"))
      let path = rest[..<(mark ?? rest.endIndex)]
      self.authority = authority
      // An absolute form without a path means the root (RFC 9112 section 3.2.1).
      self.path = authority != nil && path.isEmpty ? "/" : path
      query = mark.map { rest[rest.utf8.index(after: $0)...] }
    }

    /// The index after `scheme://` (RFC 3986 section 3.1), nil when the target does not begin so.
    private static func endOfScheme(in target: String) -> String.Index? {
      guard let colon = target.utf8.firstIndex(of: UInt8(ascii: ":")), colon != target.startIndex else { return nil }
      let isScheme = target.utf8[..<colon].allSatisfy {
        switch $0 {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
      }
      guard isScheme, target.utf8[colon...].starts(with: "://".utf8) else { return nil }
      return target.utf8.index(colon, offsetBy: 3)
    }
  }
}
