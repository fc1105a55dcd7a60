/// Why callers cannot be identified as the configuration says.
struct PrincipalError: Error, Hashable, CustomStringConvertible {
  /// A sentence for the operator.
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
