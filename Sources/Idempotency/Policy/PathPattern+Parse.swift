extension PathPattern {
  /// Reads a pattern as the configuration has it.
  ///
  /// - Parameter text: A path that begins with `/`; literals may be percent-encoded.
  /// - Throws: ``PathPatternError`` that says what to write instead.
  public init(_ text: String) throws(PathPatternError) {
    guard text.utf8.first == CanonicalPath.slash else { throw .noLeadingSlash }
    var segments = text.utf8.dropFirst().split(separator: CanonicalPath.slash, omittingEmptySubsequences: false)
    hasTrailingSlash = segments.count > 1 && segments.last?.isEmpty == true
    if segments.last?.isEmpty == true { segments.removeLast() }
    var (elements, names): ([Element], [String]) = ([], [])
    for (position, segment) in segments.enumerated() {
      let element = try Self.element(segment, isLast: position == segments.count - 1)
      elements.append(element)
      if element == .parameter {
        let name = String(Substring(segment.dropFirst().dropLast()))
        guard !names.contains(name) else { throw .duplicateParameter }
        names.append(name)
      }
    }
    description = text
    self.elements = elements
    parameterNames = names
  }

  private static func element(_ segment: Substring.UTF8View, isLast: Bool) throws(PathPatternError) -> Element {
    if segment.isEmpty { throw .emptySegment }
    if segment.elementsEqual("**".utf8) {
      guard isLast else { throw .restNotLast }
      return .rest
    }
    if segment.first == UInt8(ascii: "{"), segment.last == UInt8(ascii: "}") {
      guard segment.count > 2, segment.dropFirst().dropLast().allSatisfy(isNameByte) else { throw .badParameter }
      return .parameter
    }
    for byte in segment {
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "}"): throw .badParameter
      case UInt8(ascii: "*"): throw .badWildcard
      case 0...0x20, 0x7F, UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "\\"): throw .badCharacter
      default: break
      }
    }
    guard let literal = PercentEncoding.decode(String(Substring(segment))) else { throw .badEncoding }
    guard literal != ".", literal != ".." else { throw .dotSegment }
    guard !literal.utf8.contains(where: { $0 == CanonicalPath.slash || $0 == 0 }) else { throw .badEncoding }
    return .literal(Array(literal.utf8))
  }

  /// Whether a byte may stand in a parameter's name: `[A-Za-z0-9_-]`.
  private static func isNameByte(_ byte: UInt8) -> Bool {
    PercentEncoding.isUnreserved(byte) && byte != UInt8(ascii: ".") && byte != UInt8(ascii: "~")
  }
}
