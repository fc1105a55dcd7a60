internal import HTTPTypes
internal import Hummingbird
internal import Idempotency
internal import NIOCore

extension HTTPField.Name {
  // The names are tokens (RFC 9110 section 5.1), so none of these is nil.
  static let idempotencyAttempt = Self("Idempotency-Attempt")!
  static let idempotencyResult = Self("Idempotency-Result")!
  static let idempotencyStatus = Self("Idempotency-Status")!
  /// Fields of this layer that an origin has no say over (rule A6).
  static let layerFields = [
    Self.idempotencyStatus, Self("Idempotency-Stored")!, Self.idempotencyResult, Self("Idempotency-Retention")!,
    Self("Idempotent-Replayed")!,
  ]
}

extension HTTPRequestHead {
  init(_ request: Request) {
    let headers = request.headers
    let scheme = request.head.scheme ?? "http"
    let authority = request.head.authority.flatMap { $0.isEmpty ? nil : Authority($0, scheme: scheme) }
    self.init(
      method: request.method.rawValue, target: request.head.path ?? "/", authority: authority, scheme: scheme,
      contentLength: headers[.contentLength].flatMap { Int($0) },
      lines: { name in HTTPField.Name(name).map { headers[values: $0] } ?? [] })
  }
}

extension Request {
  /// A fencing number that a client claims is none (rule A6).
  func withoutAttempt() -> Request {
    guard headers.contains(.idempotencyAttempt) else { return self }
    var head = head
    head.headerFields[.idempotencyAttempt] = nil
    return Request(head: head, body: body)
  }

  /// The request as the handler gets it: its body again from the start, and the fencing number.
  func replayable(_ body: ByteBuffer, attempt: Int?) -> Request {
    var head = head
    head.headerFields[.idempotencyAttempt] = attempt.map(String.init)
    return Request(head: head, body: RequestBody(buffer: body))
  }

  /// The request as it came, its body again from the start.
  func replayable(_ body: ByteBuffer) -> Request {
    Request(head: head, body: RequestBody(buffer: body))
  }
}

extension Response {
  init(_ answer: HTTPAnswer, origin: ResponseBody?) {
    var headers = HTTPFields()
    for field in answer.allFields { headers.append(layerField: field) }
    let body =
      switch answer.body {
      case .bytes(let buffer): ResponseBody(byteBuffer: buffer)
      case .origin: origin ?? ResponseBody()
      }
    self.init(status: .init(code: answer.status), headers: headers, body: body)
  }

  func hasAny(_ names: [HTTPField.Name]) -> Bool { names.contains { headers.contains($0) } }

  mutating func remove(_ names: [HTTPField.Name]) {
    for name in names where headers.contains(name) { headers[name] = nil }
  }
}

extension HTTPFields {
  /// The fields as records hold them: each byte of a value is one scalar.
  var layerFields: [RecordMetadata.Field] {
    map { field in
      let isASCII = field.value.utf8.allSatisfy { $0 < 0x80 }
      let value =
        isASCII
        ? field.value
        : field.withUnsafeBytesOfValue { bytes in
          var text = ""
          for byte in bytes { text.unicodeScalars.append(Unicode.Scalar(byte)) }
          return text
        }
      return .init(name: field.name.rawName, value: value)
    }
  }

  mutating func append(layerField field: RecordMetadata.Field) {
    guard let name = HTTPField.Name(field.name) else { return }
    if field.value.utf8.allSatisfy({ $0 < 0x80 }) {
      append(HTTPField(name: name, value: field.value))
    } else {
      append(
        HTTPField(name: name, lenientValue: field.value.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }))
    }
  }
}
