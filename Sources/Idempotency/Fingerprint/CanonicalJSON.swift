public import NIOCore

/// The one spelling of a JSON value (DESIGN "JSON where it matters", CONFORMANCE F4).
///
/// No available package does this: RFC 8785 rounds numbers to binary64, which would make 9007199254740993 and
/// 9007199254740992 one amount. Here
/// - members are sorted by the UTF-8 bytes of their unescaped names, and there is no white space;
/// - a number is its sign, its digits without leading and trailing zeros, and unless it is zero `e` and the exponent:
///   1, 1.0 and 10e-1 are `1`, 100 is `1e2`, 0.5 is `5e-1`; all zeros, -0 among them, are `0`;
/// - a string escapes only `"`, `\` and bytes below 0x20 (`\u00xx`), everything else stands as UTF-8, not normalised.
public enum CanonicalJSON {
  /// How deep arrays and objects may be nested.
  ///
  /// The parser recurses; 128 levels are a few tens of KiB of stack, and more than any API's documents have.
  public static let maximumDepth = 128

  /// Reads a document strictly and writes it in canonical form.
  ///
  /// - Parameters:
  ///   - body: The document, nothing but it and white space.
  ///   - fields: If not empty, only the values at these pointers count: the result is then the frame of each pointer
  ///     and its canonical value in the given order, an absent value as an absent item.
  ///   - ignore: The values at these pointers are left out, members with their names, elements without a trace; inside
  ///     one of them no field is found. Indices are those of the document as it came.
  /// - Returns: The canonical bytes; equal for two bodies if and only if what counts of them is equal.
  /// - Throws: ``JSONError`` for anything but valid JSON in UTF-8 without a byte order mark, and for duplicate members,
  ///   lone surrogates, deep nesting and absurd exponents, anywhere in the document.
  public static func bytes(
    of body: ByteBuffer, fields: [JSONPointer] = [], ignore: [JSONPointer] = []
  ) throws(JSONError) -> [UInt8] {
    try bytes(of: body, selection: JSONSelection(fields: fields, ignore: ignore))
  }

  static func bytes(of body: ByteBuffer, selection: JSONSelection) throws(JSONError) -> [UInt8] {
    var parser = CanonicalJSONParser(input: Array(body.readableBytesView), selection: selection)
    try parser.parseDocument()
    guard !selection.fields.isEmpty else { return parser.output }
    var output: [UInt8] = []
    for (pointer, value) in zip(selection.fields, parser.captured) {
      Frame.append(pointer.description.utf8, to: &output)
      Frame.append(value, to: &output)
    }
    return output
  }
}
