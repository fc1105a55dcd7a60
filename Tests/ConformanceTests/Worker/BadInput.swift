@testable import Harness

/// Bytes that a client sends and that are not, or not quite, a clean request, and what must come of them.
///
/// Wherever a second request could hide, it is one for `/SMUGGLED`: no byte of it may reach the origin as a request.
struct BadInput: Sendable {
  enum Outcome: Sendable {
    /// Answered with one of these and closed; no byte reaches the origin.
    case refused([Int])
    /// Answered with one of these, or closed without an answer; the origin may have seen half a request, never a whole.
    case brokenOff([Int])
    /// Served: one whole request at the origin, answered with 200.
    case served
    /// Answered by the layer itself with this problem's status; no byte reaches the origin. The connection may go on.
    case answered(Int)
  }

  /// What the client does when it has sent its bytes.
  enum Ending: Sendable {
    case waits, ends, resets
  }

  let name: String
  let bytes: [UInt8]
  let outcome: Outcome
  var ending = Ending.waits

  init(_ name: String, _ text: String, _ outcome: Outcome = .refused([400]), ending: Ending = .waits) {
    self.init(name, bytes: Array(text.utf8), outcome, ending: ending)
  }

  init(_ name: String, bytes: [UInt8], _ outcome: Outcome = .refused([400]), ending: Ending = .waits) {
    self.name = name
    self.bytes = bytes
    self.outcome = outcome
    self.ending = ending
  }

  /// What would be the second request.
  static let second = "GET /SMUGGLED HTTP/1.1\r\nHost: a\r\n\r\n"
  static var key: String { "Idempotency-Key: \"\(freshKey())\"\r\n" }

  /// A POST with these fields (each with its line's end) and this body.
  static func post(_ fields: String, _ body: String = "", to target: String = "/pay") -> String {
    "POST \(target) HTTP/1.1\r\nHost: a\r\n\(key)\(fields)\r\n\(body)"
  }

  static func get(_ fields: String = "", target: String = "/free", body: String = "") -> String {
    "GET \(target) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\(body)"
  }

  static let chunked = "Transfer-Encoding: chunked\r\n"
}

extension BadInput {
  /// What says how long a body is, said twice, wrongly or not at all.
  static let framing: [BadInput] = [
    BadInput("two lengths", post("Content-Length: 2\r\nContent-Length: 40\r\n", "{}" + second)),
    BadInput("two equal lengths", post("Content-Length: 2\r\nContent-Length: 2\r\n", "{}")),
    BadInput("a list of lengths", post("Content-Length: 2, 2\r\n", "{}")),
    BadInput("two lengths, unguarded", get("Content-Length: 0\r\nContent-Length: 40\r\n", body: second)),
    BadInput("CL.TE", post("Content-Length: 6\r\n\(chunked)", "0\r\n\r\n" + second)),
    BadInput("TE.CL", post("\(chunked)Content-Length: 4\r\n", "24\r\n" + second + "\r\n0\r\n\r\n")),
    BadInput("CL.TE, unguarded", post("Content-Length: 6\r\n\(chunked)", "0\r\n\r\n" + second, to: "/free")),
    BadInput("a length of 2^63", get("Content-Length: 9223372036854775808\r\n", body: second), .refused([413])),
    BadInput("a length of 2^64", get("Content-Length: 18446744073709551616\r\n", body: second), .refused([413])),
    BadInput("a length far beyond", post("Content-Length: 99999999999999999999999999\r\n", "{}"), .refused([413])),
    BadInput("a length with a sign", post("Content-Length: +2\r\n", "{}")),
    BadInput("a negative length", post("Content-Length: -2\r\n", "{}")),
    BadInput("a hexadecimal length", post("Content-Length: 0x2\r\n", "{}")),
    BadInput("an empty length", post("Content-Length:\r\n")),
    BadInput("a length with a blank in it", post("Content-Length: 3 6\r\n", second)),
    BadInput("a length with a dot", post("Content-Length: 2.0\r\n", "{}")),
    BadInput("a length in other digits", post("Content-Length: \u{0662}\r\n", "{}")),
    BadInput("a length with blanks around it", post("Content-Length:   2  \r\n", "{}"), .served),
    BadInput(
      "a length with a blank behind it, unguarded", get("Content-Length: \(second.utf8.count) \r\n", body: second),
      .served),
    BadInput("an unknown coding", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n" + second), .refused([400, 501])),
    BadInput("a coding before chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), .refused([501])),
    BadInput("a coding behind chunked", post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), .refused([501])),
    BadInput("identity", post("Transfer-Encoding: identity\r\nContent-Length: 2\r\n", "{}"), .refused([501])),
    BadInput("chunked twice", post(chunked + chunked, "0\r\n\r\n" + second)),
    BadInput(
      "chunked twice in a list", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n" + second), .refused([501])),
    BadInput("chunked in quotes", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), .refused([400, 501])),
    BadInput("chunked with a vertical tab", post("Transfer-Encoding: \u{0B}chunked\r\n", "0\r\n\r\n" + second)),
    BadInput("an empty coding", post("Transfer-Encoding:\r\nContent-Length: 2\r\n", "{}"), .refused([400, 501])),
    BadInput("a coding's name with a blank", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n" + second)),
    BadInput(
      "a coding's name with an underscore", post("Transfer_Encoding: chunked\r\nContent-Length: 2\r\n", "{}"), .served),
    BadInput("chunked in capitals", post("TRANSFER-ENCODING: CHUNKED\r\n", "2\r\n{}\r\n0\r\n\r\n"), .served),
    BadInput(
      "chunked with blanks around it", post("Transfer-Encoding: \tchunked \r\n", "2\r\n{}\r\n0\r\n\r\n"), .served),
    BadInput("chunked in HTTP/1.0", "POST /pay HTTP/1.0\r\nHost: a\r\n\(key)\(chunked)\r\n0\r\n\r\n" + second),
    BadInput("a body of GET", get("Content-Length: \(second.utf8.count)\r\n", body: second), .served),
  ]

  /// Chunks that two parsers read differently.
  static let chunks: [BadInput] = [
    BadInput("an extension that ends with LF", post(chunked, "2;a\n{}\r\n0\r\n\r\n")),
    BadInput("an extension with CR in it", post(chunked, "2;a\rb\r\n{}\r\n0\r\n\r\n")),
    BadInput("an extension with NUL in it", post(chunked, "2;a\0\r\n{}\r\n0\r\n\r\n")),
    BadInput("an extension's quote that never ends", post(chunked, "2;a=\"\r\n{}\r\n0\r\n\r\n")),
    BadInput("an extension", post(chunked, "2;a=b;c=\"d;e\"\r\n{}\r\n0;f\r\n\r\n"), .served),
    BadInput("a size that ends with LF", post(chunked, "2\n{}\r\n0\r\n\r\n")),
    BadInput("data that end with LF", post(chunked, "2\r\n{}\n0\r\n\r\n")),
    BadInput("more data than said", post(chunked, "2\r\n{}{}\r\n0\r\n\r\n")),
    BadInput("no size", post(chunked, "\r\n\r\n" + second)),
    BadInput("a size with 0x", post(chunked, "0x2\r\n{}\r\n0\r\n\r\n")),
    BadInput("a negative size", post(chunked, "-2\r\n{}\r\n0\r\n\r\n")),
    BadInput("a size with a sign", post(chunked, "+2\r\n{}\r\n0\r\n\r\n")),
    BadInput("a size with an underscore", post(chunked, "1_0\r\n{}\r\n0\r\n\r\n")),
    BadInput("a size beyond 64 bits", post(chunked, "10000000000000002\r\n{}\r\n0\r\n\r\n")),
    BadInput("a size of no end", post(chunked, String(repeating: "0", count: 100) + "2\r\n{}\r\n0\r\n\r\n")),
    BadInput("a blank before the size", post(chunked, " 2\r\n{}\r\n0\r\n\r\n")),
    BadInput("a blank behind the size", post(chunked, "2 \r\n{}\r\n0\r\n\r\n"), .refused([400])),
    BadInput("a trailer that is no field", post(chunked, "2\r\n{}\r\n0\r\nsmuggled\r\n\r\n")),
    BadInput("a trailer without a name", post(chunked, "2\r\n{}\r\n0\r\n: x\r\n\r\n")),
    BadInput("a trailer that is folded", post(chunked, "2\r\n{}\r\n0\r\nX: a\r\n b\r\n\r\n")),
    BadInput("a length among the trailers", post(chunked, "2\r\n{}\r\n0\r\nContent-Length: 40\r\n\r\n" + second)),
    BadInput(
      "a coding among the trailers", post(chunked, "2\r\n{}\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n" + second)),
    BadInput(
      "unguarded: the second chunk is bad", post(chunked, "2\r\n{}\r\nzz\r\n" + second, to: "/free"), .brokenOff([400])),
    BadInput(
      "unguarded: data that end with LF", post(chunked, "2\r\n{}\n0\r\n\r\n" + second, to: "/free"), .brokenOff([400])),
    BadInput(
      "unguarded: more data than said", post(chunked, "2\r\n{}" + second, to: "/free"), .brokenOff([400])),
  ]
}
