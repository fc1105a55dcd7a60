import Idempotency

extension IdempotencyPolicy {
  /// Whether keys belong to callers, or are made of them.
  var namesPrincipal: Bool {
    if case .derive(let derivation) = keySource, derivation.sources.contains(.principal) { return true }
    return scope.contains(.principal)
  }

  /// Whether every request that another policy matches is matched by this one too, as far as that is plain to see.
  ///
  /// Literals that are spelled differently count as different, so a request may be covered though this says no.
  func covers(_ other: IdempotencyPolicy) -> Bool {
    guard other.methods.isSubset(of: methods), coversHost(of: other),
      !isCaseSensitive || other.isCaseSensitive
    else { return false }
    let (segments, others) = (Self.segments(path), Self.segments(other.path))
    if isTrailingSlashSignificant, segments.last != "**" {
      guard other.isTrailingSlashSignificant, path.description.hasSuffix("/") == other.path.description.hasSuffix("/")
      else { return false }
    }
    return Self.covers(segments[...], others[...], caseSensitive: isCaseSensitive)
  }

  private func coversHost(of other: IdempotencyPolicy) -> Bool {
    guard let hostAuthority else { return true }
    return other.hostAuthority.map { hostAuthority.covers($0) } ?? false
  }

  private static func segments(_ path: PathPattern) -> [Substring] { path.description.split(separator: "/") }

  private static func covers(
    _ mine: ArraySlice<Substring>, _ others: ArraySlice<Substring>, caseSensitive: Bool
  ) -> Bool {
    guard let first = mine.first else { return others.isEmpty }
    if first == "**" { return true }
    guard let other = others.first, other != "**" else { return false }
    let isEqual = caseSensitive ? first == other : first.lowercased() == other.lowercased()
    guard first.hasPrefix("{") || isEqual else { return false }
    return covers(mine.dropFirst(), others.dropFirst(), caseSensitive: caseSensitive)
  }
}
