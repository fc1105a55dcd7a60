import NIOCore

/// The request that every benchmark sends: a transfer, with a key that is a UUID.
struct TransferRequest {
  static let path = "/wallets/w1/transfers"
  static let body = #"{"asset":"USDC","network":"ethereum","amount":"100.00","destination":"0xabc"}"#
  /// Another operation under the same key.
  static let otherBody = #"{"asset":"USDC","network":"ethereum","amount":"999.00","destination":"0xabc"}"#

  private let withoutKey: [UInt8]
  private let beforeKey: [UInt8]
  private let afterKey: [UInt8]

  /// Makes requests of one kind.
  ///
  /// - Parameters:
  ///   - path: Their target.
  ///   - body: Their body.
  ///   - keys: Which keys they have: the same number gives the same keys, another number others.
  init(path: String = Self.path, body: String = Self.body, keys: UInt32) {
    let head =
      "POST \(path) HTTP/1.1\r\nHost: api.example\r\nContent-Type: application/json\r\nX-Api-Key: sk_test\r\n"
      + "Content-Length: \(body.utf8.count)\r\n"
    let digits = String(keys, radix: 16)
    let first = String(repeating: "0", count: 8 - digits.count) + digits
    withoutKey = Array("\(head)\r\n\(body)".utf8)
    beforeKey = Array("\(head)Idempotency-Key: \(first)-0000-4000-8000-".utf8)
    afterKey = Array("\r\n\r\n\(body)".utf8)
  }

  /// Appends the request without a key.
  func write(into buffer: inout ByteBuffer) {
    buffer.writeBytes(withoutKey)
  }

  /// Appends the request with the key of a number.
  func write(key number: Int, into buffer: inout ByteBuffer) {
    buffer.writeBytes(beforeKey)
    // The last twelve digits of the UUID.
    for shift in stride(from: 44, through: 0, by: -4) {
      let digit = UInt8(truncatingIfNeeded: (number >> shift) & 15)
      buffer.writeInteger(digit < 10 ? digit + UInt8(ascii: "0") : digit - 10 + UInt8(ascii: "a"))
    }
    buffer.writeBytes(afterKey)
  }
}
