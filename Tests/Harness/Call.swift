import Foundation

/// A request as a test writes it.
struct Call: Sendable {
  /// The service's name: the same at every node, because the authority is part of what a request asks for.
  static let host = "api.example"

  var method: String
  var path: String
  /// Every field but Host and Content-Length, in order.
  var fields: [Field]
  var body: [UInt8]

  /// Makes a request of what most tests vary.
  /// - Parameters:
  ///   - method: The method.
  ///   - path: Path and query, as sent.
  ///   - key: The value of `Idempotency-Key` as sent, quotes included; nil for none.
  ///   - caller: The value of `X-Api-Key`, the principal; nil for none.
  ///   - body: The body.
  ///   - fields: More fields.
  init(
    _ method: String = "POST", _ path: String = "/payments", key: String? = nil, caller: String? = "alice",
    body: String = #"{"amount":"100.00"}"#, fields: [Field] = []
  ) {
    self.method = method
    self.path = path
    self.fields = fields
    if let caller { self.fields.append(Field("X-Api-Key", caller)) }
    if let key { self.fields.append(Field("Idempotency-Key", key)) }
    self.body = Array(body.utf8)
  }

  /// The same request with something changed.
  func with(_ change: (inout Call) -> Void) -> Call {
    var call = self
    change(&call)
    return call
  }

  /// The request as bytes of HTTP/1.1.
  func bytes(host: String = Call.host) -> [UInt8] {
    var bytes = Array("\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\n".utf8)
    for field in fields { bytes += Array("\(field.name): ".utf8) + field.bytes + Array("\r\n".utf8) }
    return bytes + Array("Content-Length: \(body.count)\r\n\r\n".utf8) + body
  }
}

/// A key that no other test uses.
func freshKey() -> String {
  UUID().uuidString.lowercased()
}
