/// Who is calling: every key is scoped to its principal.
///
/// It must be the same over all of a caller's retries; a token that is renewed is none. No value of it ever stands in
/// the store in clear.
public struct Principal: Sendable, Hashable {
  /// The fields that together identify the caller, in a fixed order (rule F10).
  public let fields: [Field]

  /// One field of a principal.
  public struct Field: Sendable {
    /// The field's name, in lower case.
    public let name: String
    /// The field's value; nil where the caller has none.
    public let value: String?

    /// Makes a field.
    public init(name: String, value: String?) {
      self.name = name.lowercased()
      self.value = value
    }
  }

  /// Makes a principal of several fields.
  public init(fields: [Field]) {
    self.fields = fields
  }

  /// Makes a principal of one field, such as a user's identifier.
  public init(_ name: String, _ value: String) {
    self.init(fields: [Field(name: name, value: value)])
  }

  /// One scope for all callers.
  ///
  /// Two callers that choose the same key then share one operation.
  public static let shared = Principal(fields: [])
}

extension Principal.Field: Hashable {
  /// Whether both have the same bytes: two texts that mean the same character are two callers, as for the scope's hash.
  public static func == (left: Self, right: Self) -> Bool {
    isSame(left.name, right.name) && isSame(left.value, right.value)
  }

  private static func isSame(_ left: String?, _ right: String?) -> Bool {
    guard let left, let right else { return left == nil && right == nil }
    return left.utf8.elementsEqual(right.utf8)
  }

  /// Feeds the bytes of both.
  public func hash(into hasher: inout Hasher) {
    var (name, value) = (name, value ?? "")
    name.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    value.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
