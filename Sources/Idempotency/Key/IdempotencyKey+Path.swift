extension IdempotencyKey {
  /// Makes a key of a path parameter, percent-decoded: `key: { path: id }`.
  ///
  /// - Parameters:
  ///   - name: The parameter's name in the pattern.
  ///   - parameters: What the pattern found in the path.
  ///   - format: What the key must look like.
  /// - Throws: ``KeyError`` when the pattern has no such parameter, or its value is no percent-encoded UTF-8 or no key.
  public init(parameter name: String, of parameters: PathPattern.Parameters, format: KeyFormat) throws(KeyError) {
    guard let text = parameters.decoded(name) else { throw .badParameter }
    try self.init(text, format: format)
  }
}
