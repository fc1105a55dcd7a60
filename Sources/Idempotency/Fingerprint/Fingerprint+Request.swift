public import NIOCore

extension Fingerprint {
  /// The fingerprint of an HTTP request (DESIGN "The record", CONFORMANCE F1, F2, F4).
  ///
  /// It is the first 128 bits of the HMAC of frame("fingerprint/1", method, authority, canonical path, query, name and
  /// value of each configured field, body form, body). Where the target does not count, its four items are absent;
  /// so is the body with the form `none`.
  /// - Parameters:
  ///   - input: The request.
  ///   - settings: What of it counts.
  ///   - pepper: What keys the hash.
  /// - Returns: The fingerprint.
  /// - Throws: ``JSONError`` when the body form is `json` and the body, an empty one included, is not valid JSON.
  public static func of(
    _ input: FingerprintInput, settings: FingerprintSettings, pepper: Pepper
  ) throws(JSONError) -> Fingerprint {
    var writer = FrameWriter(pepper, label: "fingerprint/1")
    if settings.target {
      writer.append(input.method)
      writer.append(input.authority?.text)
      writer.append(input.canonicalPath)
      writer.append(input.query)
    } else {
      for _ in 0..<4 { writer.appendAbsent() }
    }
    for field in input.headerValues {
      writer.append(field.name.lowercased())
      writer.append(field.value)
    }
    writer.append(settings.bodyForm.rawValue)
    switch settings.bodyForm {
    case .bytes: writer.append(input.body)
    case .json: writer.append(try CanonicalJSON.bytes(of: input.body, selection: settings.selection))
    case .none: writer.appendAbsent()
    }
    return Fingerprint(writer)
  }

  /// The fingerprint of work that is not an HTTP request: a job, a message.
  ///
  /// It is the first 128 bits of the HMAC of frame("operation/1", operation, payload).
  /// - Parameters:
  ///   - operation: The name of what is to be done.
  ///   - payload: All that decides what is done.
  ///   - pepper: What keys the hash.
  /// - Returns: The fingerprint.
  public static func of(operation: String, payload: ByteBuffer, pepper: Pepper) -> Fingerprint {
    var writer = FrameWriter(pepper, label: "operation/1")
    writer.append(operation)
    writer.append(payload)
    return Fingerprint(writer)
  }

  private init(_ writer: FrameWriter) {
    let digest = writer.digest128()
    self.init(high: digest.high, low: digest.low)
  }
}
