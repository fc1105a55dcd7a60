public import NIOCore

/// Makes a key of an operation's own fields: `key: { derive: [principal, /asset, /amount] }` (CONFORMANCE L8).
///
/// The key is the hexadecimal HMAC-SHA256 of the frame ("derive/1", then name and value of each source). It is keyed
/// with the pepper because a plain hash of a credential and an amount could be found by trying.
public struct KeyDerivation: Sendable, Hashable {
  /// One thing that the key is made of.
  public enum Source: Sendable, Hashable {
    /// The caller.
    case principal
    /// A value in the JSON body, in canonical form.
    case pointer(JSONPointer)
  }

  /// What the key is made of, in order.
  public let sources: [Source]
  private let selection: JSONSelection

  /// Makes a derivation.
  /// - Parameter sources: What the key is made of; their order is part of the key.
  public init(_ sources: [Source]) {
    self.sources = sources
    selection = JSONSelection(
      fields: sources.compactMap { if case .pointer(let pointer) = $0 { pointer } else { nil } })
  }

  /// Whether the body is looked at.
  public var needsBody: Bool { sources.contains { $0 != .principal } }

  /// The pointers among the sources, in order.
  var pointers: [JSONPointer] { selection.fields }

  /// Derives the key of a request.
  ///
  /// - Parameters:
  ///   - principal: Name and value of each field that says who is calling.
  ///   - body: The whole body; must be JSON if a pointer is among the sources.
  ///   - pepper: What keys the hash.
  /// - Returns: The key, nil when a pointer hits nothing: a key made of less would join different operations.
  /// - Throws: ``JSONError`` when the body is not valid JSON.
  public func key(
    principal: [(name: String, value: String?)], body: ByteBuffer, pepper: Pepper
  ) throws(JSONError) -> IdempotencyKey? {
    var values: [[UInt8]?] = []
    if needsBody {
      var parser = CanonicalJSONParser(input: Array(body.readableBytesView), selection: selection)
      try parser.parseDocument()
      values = parser.captured
    }
    var writer = FrameWriter(pepper, label: "derive/1")
    var next = values.makeIterator()
    for source in sources {
      switch source {
      case .principal:
        writer.append(pairs: principal)
      case .pointer(let pointer):
        guard case .some(.some(let value)) = next.next() else { return nil }
        writer.append(pointer.description)
        writer.append(value)
      }
    }
    return IdempotencyKey(derived: writer.hexDigest())
  }
}

extension IdempotencyKey {
  /// A key of hexadecimal digits, which needs no check.
  fileprivate init(derived digest: String) {
    text = digest
  }
}
