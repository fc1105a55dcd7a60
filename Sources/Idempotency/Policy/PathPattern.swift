/// Which paths a policy guards: `/wallets/{walletId}/transfers`.
///
/// `{param}` is one segment that is not empty; `**`, only at the end, is the rest: any number of segments, none
/// included, so that `/**` is every path. All else is literal and compared percent-decoded: whoever wrote `/pay:now`
/// also guards `/pay%3Anow`, because an origin's router takes them for one.
public struct PathPattern: Sendable, Hashable, CustomStringConvertible {
  /// The pattern as written.
  public let description: String
  /// The parameters' names, from left to right.
  public let parameterNames: [String]
  let elements: [Element]
  let hasTrailingSlash: Bool

  /// What one segment must be.
  enum Element: Sendable, Hashable {
    /// These bytes, decoded.
    case literal([UInt8])
    /// Any segment that is not empty.
    case parameter
    /// All that follows.
    case rest
  }

  /// Matches the canonical path of a request.
  ///
  /// - Parameters:
  ///   - path: The request's path.
  ///   - caseSensitive: Whether `/A` and `/a` differ; without it ASCII letters compare in either case.
  ///   - trailingSlashCounts: Whether `/a/` and `/a` differ; with it the path's last slash must be there exactly if
  ///     the pattern's is.
  /// - Returns: The parameters, nil when the path does not match. A path that does not match allocates nothing.
  public func match(
    _ path: CanonicalPath, caseSensitive: Bool = true, trailingSlashCounts: Bool = false
  ) -> Parameters? {
    if trailingSlashCounts, elements.last != .rest, path.hasTrailingSlash != hasTrailingSlash { return nil }
    // A pointer is walked in half the time of a string's view; where there is none (bridged strings) the view serves.
    let values =
      path.text.utf8.withContiguousStorageIfAvailable { self.values(in: $0, caseSensitive: caseSensitive) }
      ?? self.values(in: path.text.utf8, caseSensitive: caseSensitive)
    return values.map { Parameters(names: parameterNames, values: $0) }
  }

  /// Matches a path given as text, its trailing slash ignored.
  ///
  /// - Parameters:
  ///   - path: The path, in any spelling.
  ///   - caseSensitive: Whether `/A` and `/a` differ.
  /// - Returns: The parameters, nil when the path does not match.
  public func match(_ path: String, caseSensitive: Bool = true) -> Parameters? {
    match(CanonicalPath(target: path), caseSensitive: caseSensitive)
  }

  /// Whether a lenient router might take this path for one that the pattern guards though it is spelled otherwise.
  ///
  /// If so for any policy with this method, the answer is 400 path-ambiguous, key or no key (CONFORMANCE A1).
  /// - Parameters:
  ///   - path: The request's path.
  ///   - caseSensitive: Whether `/A` and `/a` differ.
  /// - Returns: Whether the path is suspicious and one of its lenient readings matches.
  public func isAmbiguous(_ path: CanonicalPath, caseSensitive: Bool = true) -> Bool {
    path.hasTooManyReadings || path.lenientReadings.contains { matches(reading: $0, caseSensitive: caseSensitive) }
  }

  /// Whether the pattern matches a path that is decoded already.
  func matches(reading: [UInt8], caseSensitive: Bool) -> Bool {
    walk(reading, decoding: false, caseSensitive: caseSensitive, onParameter: { _ in })
  }

  /// The parameters' values, nil when the path does not match; a first walk tells, so that only a match allocates.
  private func values(in path: some Collection<UInt8>, caseSensitive: Bool) -> [String]? {
    guard walk(path, decoding: true, caseSensitive: caseSensitive, onParameter: { _ in }) else { return nil }
    var values: [String] = []
    guard !parameterNames.isEmpty else { return values }
    _ = walk(path, decoding: true, caseSensitive: caseSensitive) {
      values.append(String(decoding: path[$0], as: UTF8.self))
    }
    return values
  }

  /// Goes through pattern and path side by side.
  private func walk<Bytes: Collection<UInt8>>(
    _ path: Bytes, decoding: Bool, caseSensitive: Bool, onParameter: (Range<Bytes.Index>) -> Void
  ) -> Bool {
    guard path.first == CanonicalPath.slash else { return false }
    var start = path.index(after: path.startIndex)
    var isAtEnd = start == path.endIndex
    for element in elements {
      if element == .rest { return true }
      guard !isAtEnd else { return false }
      let end = path[start...].firstIndex(of: CanonicalPath.slash) ?? path.endIndex
      switch element {
      case .literal(let literal):
        let segment = path[start..<end]
        guard Self.equal(segment, literal, decoding: decoding, caseSensitive: caseSensitive) else { return false }
      case .parameter:
        guard start != end else { return false }
        onParameter(start..<end)
      case .rest: break
      }
      isAtEnd = end == path.endIndex
      if !isAtEnd { start = path.index(after: end) }
    }
    return isAtEnd
  }
}
