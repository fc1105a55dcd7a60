/// Where a request's key comes from.
public enum KeySource: Sendable, Hashable {
  /// The request field of this name, in any letter case (rule K1).
  case header(String)
  /// A string in the JSON body (rule N4).
  case body(JSONPointer)
  /// A parameter of the policy's path.
  case path(String)
  /// The operation's own fields (rule L8).
  case derive(KeyDerivation)
}

extension KeySource {
  /// Whether the key is made of the caller, among others.
  var namesPrincipal: Bool {
    if case .derive(let derivation) = self { derivation.sources.contains(.principal) } else { false }
  }

  /// What a caller must send, as a problem's `detail` names it.
  var demand: String {
    switch self {
    case .header(let name): "This operation requires the field \(name)."
    case .body(let pointer): "This operation requires its key in the body, at \(pointer)."
    case .path(let name): "This operation requires its key in the path, as \(name)."
    case .derive(let derivation):
      "This operation requires these values in its body: "
        + derivation.pointers.map { $0.description }.joined(separator: ", ") + "."
    }
  }
}
