public import NIOCore

/// Finds the key in a JSON body: `key: { body: /txSignature }` (CONFORMANCE N4).
public struct BodyKeyReader: Sendable, Hashable {
  /// What a key must look like.
  public let format: KeyFormat
  private let selection: JSONSelection

  /// Makes a reader.
  /// - Parameters:
  ///   - pointer: Where the key stands in the document.
  ///   - format: What the key must look like.
  public init(pointer: JSONPointer, format: KeyFormat = .any) {
    self.format = format
    selection = JSONSelection(fields: [pointer])
  }

  /// Reads the key of a request.
  ///
  /// - Parameter body: The whole body.
  /// - Returns: The key, nil when nothing stands at the pointer.
  /// - Throws: ``BodyKeyError`` when the body is not valid JSON, or what stands at the pointer is not a string of
  ///   1 to 255 bytes in the format.
  public func key(in body: ByteBuffer) throws(BodyKeyError) -> IdempotencyKey? {
    let value: [UInt8]?
    do throws(JSONError) {
      var parser = CanonicalJSONParser(input: Array(body.readableBytesView), selection: selection)
      try parser.parseDocument()
      value = parser.captured[0]
    } catch {
      throw .body(error)
    }
    guard let value else { return nil }
    do throws(KeyError) {
      guard let text = CanonicalJSONParser.string(ofCanonical: value) else { throw .notText }
      return try IdempotencyKey(text, format: format)
    } catch {
      throw .key(error)
    }
  }
}
