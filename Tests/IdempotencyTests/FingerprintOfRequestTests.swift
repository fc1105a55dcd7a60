import NIOCore
import Testing

@testable import Idempotency

@Suite("Fingerprint")
struct FingerprintOfRequestTests {
  private static let transfer = FingerprintInput(
    method: "POST", authority: Authority("API.example.com:80", scheme: "http"), canonicalPath: "/wallets/w1/transfers",
    body: ByteBuffer(string: #"{"a":1}"#))

  private func text(_ fingerprint: Fingerprint) -> String {
    Hexadecimal.text(high: fingerprint.high, low: fingerprint.low)
  }

  private func pointers(_ texts: String...) throws -> [JSONPointer] {
    try texts.map { try JSONPointer($0) }
  }

  /// Computed with another implementation of HMAC-SHA256.
  @Test("F1 the fingerprint is the first 128 bits of the framed HMAC")
  func knownAnswers() throws {
    let bytes = try Fingerprint.of(Self.transfer, settings: FingerprintSettings(), pepper: .default)
    #expect(text(bytes) == "80851babaf0650e9d9b5a8330ab9a794")

    let input = FingerprintInput(
      method: "POST", authority: Authority("api.example.com:8443", scheme: "https"), canonicalPath: "/a", query: "q=1",
      headerValues: [("X-V", "2"), ("x-w", nil)], body: ByteBuffer(string: #" {"b": 100, "a": 1.0} "#))
    let json = FingerprintSettings(bodyForm: .json, headers: ["X-V", "x-w"])
    #expect(try text(Fingerprint.of(input, settings: json, pepper: .default)) == "02a4e60ef78eafb536679da289908799")

    let none = FingerprintSettings(bodyForm: .none, target: false)
    let nothing = try Fingerprint.of(Self.transfer, settings: none, pepper: .default)
    #expect(text(nothing) == "b63449754623d500a11cdb17e08f8a50")

    let fields = FingerprintSettings(bodyForm: .json, fields: try pointers("/a", "/b"), target: false)
    let some = try Fingerprint.of(Self.transfer, settings: fields, pepper: .default)
    #expect(text(some) == "9adf3557eddc3f3947e607dfafb7ecac")
  }

  @Test("non-HTTP work: operation and payload")
  func operation() {
    let payload = ByteBuffer(bytes: [0x00, 0xFF])
    let one = Fingerprint.of(operation: "send-mail", payload: payload, pepper: .default)
    #expect(text(one) == "abc8e5a5a0c9356aa1f3e64714c67d1d")
    #expect(one != Fingerprint.of(operation: "send-mai", payload: ByteBuffer(string: "l\0"), pepper: .default))
  }

  @Test("F2 method, authority, path, query, fields and body each change it; F1 equal requests are equal")
  func everyPartCounts() throws {
    let changes: [(inout FingerprintInput) -> Void] = [
      { _ in }, { $0.method = "PUT" }, { $0.method = "post" },
      { $0.authority = Authority("api.example.com:81", scheme: "http") },
      { $0.authority = nil }, { $0.authority = Authority("api.example.com:80", scheme: "https") },
      { $0.canonicalPath = "/wallets/W1/transfers" },
      { $0.query = "" }, { $0.query = "a" }, { $0.body = ByteBuffer(string: #"{"a": 1}"#) },
      { $0.body = ByteBuffer() }, { $0.headerValues = [("x-v", "1")] }, { $0.headerValues = [("x-v", nil)] },
    ]
    let fingerprints = try changes.map { change in
      var input = Self.transfer
      change(&input)
      return try Fingerprint.of(input, settings: FingerprintSettings(), pepper: .default)
    }
    #expect(Set(fingerprints).count == changes.count)
    let again = try Fingerprint.of(Self.transfer, settings: FingerprintSettings(), pepper: .default)
    #expect(again == fingerprints[0])
  }

  @Test("F2 with target false method, authority, path and query do not count")
  func withoutTarget() throws {
    let settings = FingerprintSettings(target: false)
    let other = FingerprintInput(
      method: "PUT", authority: nil, canonicalPath: "/x", query: "q", body: Self.transfer.body)
    let first = try Fingerprint.of(Self.transfer, settings: settings, pepper: .default)
    #expect(try Fingerprint.of(other, settings: settings, pepper: .default) == first)
  }

  @Test("F4 the whole body counts, its last byte too")
  func wholeBody() throws {
    var bytes = [UInt8](repeating: 7, count: 1 << 20)
    func fingerprint() throws -> Fingerprint {
      var input = Self.transfer
      input.body = ByteBuffer(bytes: bytes)
      return try Fingerprint.of(input, settings: FingerprintSettings(), pepper: .default)
    }
    let first = try fingerprint()
    bytes[bytes.count - 1] = 8
    #expect(try fingerprint() != first)
  }

  @Test("F4 json ignores member order and white space, and refuses what is not JSON", arguments: ["", "x", "{}{}"])
  func json(bad: String) throws {
    let settings = FingerprintSettings(bodyForm: .json)
    func fingerprint(_ body: String) throws -> Fingerprint {
      var input = Self.transfer
      input.body = ByteBuffer(string: body)
      return try Fingerprint.of(input, settings: settings, pepper: .default)
    }
    #expect(try fingerprint(#"{"a":1,"b":[1,2]}"#) == fingerprint(#"{ "b" : [ 1.0 , 2 ] , "a" : 1 }"#))
    #expect(try fingerprint(#"{"a":1,"b":[1,2]}"#) != fingerprint(#"{"a":1,"b":[2,1]}"#))
    #expect(throws: JSONError.self) { try fingerprint(bad) }
  }

  @Test("F11 another pepper gives other fingerprints")
  func pepper() throws {
    let other = Pepper(bytes: Array("0123456789abcdef".utf8))
    let settings = FingerprintSettings()
    let first = try Fingerprint.of(Self.transfer, settings: settings, pepper: .default)
    #expect(try Fingerprint.of(Self.transfer, settings: settings, pepper: other) != first)
  }
}
