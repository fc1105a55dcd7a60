extension PathPattern {
  /// What a pattern found in a path.
  public struct Parameters: Sendable, Hashable {
    let names: [String]
    let values: [String]

    /// A parameter as it stands in the canonical path: what else than unreserved characters was encoded still is.
    ///
    /// - Parameter name: The parameter's name in the pattern.
    /// - Returns: The segment, nil when the pattern has no such parameter.
    public func encoded(_ name: String) -> String? {
      names.firstIndex(of: name).map { values[$0] }
    }

    /// A parameter with every percent-encoding decoded: `a%3Ab` and `a:b` are one, as routers have it.
    ///
    /// - Parameter name: The parameter's name in the pattern.
    /// - Returns: The value, nil when the pattern has no such parameter or the value is no percent-encoded UTF-8;
    ///   replacing what cannot be read would make different resources equal.
    public func decoded(_ name: String) -> String? {
      encoded(name).flatMap { PercentEncoding.decode($0) }
    }
  }
}
