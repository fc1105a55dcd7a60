import Idempotency
import NIOCore

/// The request that the cases measure: a transfer out of a wallet, as small as such requests are.
enum SampleTransfer {
  static let key = "8e03978e-40d5-43dd-bc93-6894a57f9324"
  static let authority = "api.example.com"
  static let principal = Principal("sub", "user-4711")
  static let json = #"{"id":"tr_3f9c2a7e1b4d","asset":"USDC","amount":"1250.00","status":"pending"}"#
  /// 77 bytes, sent to the origin and coming back from it.
  static let body = ByteBuffer(string: json)

  /// A document of as many bytes or a few more, of the same members over and over.
  static func manyBodies(atLeast count: Int) -> ByteBuffer {
    ByteBuffer(string: "[" + Array(repeating: json, count: count / json.utf8.count + 1).joined(separator: ",") + "]")
  }

  /// A path that the policy of this number guards.
  static func path(of policy: Int) -> String { "/v1/resource\(policy)/w1/transfers" }

  /// Policies of defaults that differ in keyspace and path; every pattern begins like every other, so that none is
  /// told apart by its first byte.
  static func policies(_ count: Int) throws -> PolicySet {
    try PolicySet(
      (0..<count).map { try IdempotencyPolicy("resource\($0)", path: "/v1/resource\($0)/{wallet}/transfers") })
  }

  /// The request's head.
  ///
  /// Its fields stand in a dictionary: how a framework finds a field is no cost of the library.
  static func head(path: String) -> HTTPRequestHead {
    let fields = [
      "idempotency-key": [key], "content-type": ["application/json"], "content-length": [String(json.utf8.count)],
      "host": [authority], "accept": ["application/json"],
    ]
    return HTTPRequestHead(
      method: "POST", target: path, authority: Authority(authority, scheme: "https"), scheme: "https",
      contentLength: json.utf8.count
    ) { fields[$0] ?? [] }
  }
}
