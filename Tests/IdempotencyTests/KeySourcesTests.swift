import Idempotency
import NIOCore
import Testing

@Suite("Keys from body, path and fields of the operation")
struct KeySourcesTests {
  private func read(_ body: String, _ pointer: String = "/txSignature") throws -> String? {
    try BodyKeyReader(pointer: JSONPointer(pointer)).key(in: ByteBuffer(string: body))?.text
  }

  @Test("N4 body.txSignature is the key")
  func bodyKey() throws {
    #expect(try read(#"{"txSignature": "5VERv8"}"#) == "5VERv8")
    #expect(try read(#"{"a": [{"b~/": "k"}]}"#, "/a/0/b~0~1") == "k")
    #expect(try read(#"{"txSignature": "a\"\\\u0041\n\ud83d\udd11é"}"#) == "a\"\\A\n🔑é")
    #expect(try read(#"{"other": 1}"#) == nil)
    #expect(try read(#""k""#, "") == "k")
  }

  @Test(
    "N4 K8 a key pointer must hit a string of 1 to 255 bytes",
    arguments: [
      "1", "null", "true", "{}", #"["k"]"#, #""""#, "\"\(String(repeating: "k", count: 256))\"",
    ])
  func notAKey(value: String) {
    let error = #expect(throws: BodyKeyError.self) { try read("{\"txSignature\": \(value)}") }
    guard case .key = error else {
      Issue.record("expected a key error, got \(String(describing: error))")
      return
    }
  }

  @Test(
    "N4 a body that is not JSON is request-malformed",
    arguments: ["", "{", "{\"txSignature\":\"a\",\"txSignature\":\"b\"}"])
  func notJSON(body: String) {
    let error = #expect(throws: BodyKeyError.self) { try read(body) }
    guard case .body = error else {
      Issue.record("expected a body error, got \(String(describing: error))")
      return
    }
  }

  @Test("N4 the key from the path is decoded; what is no UTF-8 is refused, never replaced")
  func pathKey() throws {
    let pattern = try PathPattern("/v2/intents/{id}/approve-burn")
    func key(_ target: String) throws -> String {
      let parameters = try #require(pattern.match(target))
      return try IdempotencyKey(parameter: "id", of: parameters, format: .any).text
    }
    #expect(try key("/v2/intents/i1/approve-burn") == "i1")
    #expect(try key("/v2/intents/a%3ab/approve-burn") == key("/v2/intents/a:b/approve-burn"))
    #expect(throws: KeyError.self) { try key("/v2/intents/%FF/approve-burn") }
    #expect(throws: KeyError.self) { try key("/v2/intents/%zz/approve-burn") }
  }

  @Test("L8 a derived key depends on the caller and the named fields, not on anything else")
  func derived() throws {
    let derivation = KeyDerivation([
      .principal, .pointer(try JSONPointer("/asset")), .pointer(try JSONPointer("/amount")),
    ])
    func key(_ body: String, _ user: String = "u1") throws -> String? {
      try derivation.key(principal: [("sub", user)], body: ByteBuffer(string: body), pepper: .default)?.text
    }
    let first = try key(#"{"asset":"USDC","amount":100,"fee":1}"#)
    // Computed with another implementation of HMAC-SHA256.
    #expect(first == "63f3965aade7b46f90bdb198d5bbafd5791129fe6e0d731c7e90b204195b4752")
    #expect(try key(#"{"fee":2, "amount":1e2, "asset":"\u0055SDC"}"#) == first)
    #expect(try key(#"{"asset":"USDC","amount":101}"#) != first)
    #expect(try key(#"{"asset":"USDC","amount":100}"#, "u2") != first)
    #expect(try key(#"{"asset":"USDC"}"#) == nil)
    #expect(throws: JSONError.self) { try key("asset=USDC") }
  }

  @Test("L8 a key derived of the caller alone does not look at the body")
  func derivedOfCaller() throws {
    let derivation = KeyDerivation([.principal])
    #expect(!derivation.needsBody)
    #expect(try derivation.key(principal: [("sub", "u")], body: ByteBuffer(string: "x"), pepper: .default) != nil)
  }
}
