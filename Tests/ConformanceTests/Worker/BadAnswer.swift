@testable import Harness

/// Bytes that an origin answers with and that are not, or not quite, a clean answer, and what clients get of it.
///
/// Wherever a second answer could hide, its body is `EVIL`: no client may ever see it.
struct BadAnswer: Sendable {
  enum Outcome: Sendable {
    /// No answer: 502, and the outcome of a guarded request is not known.
    case nothing
    /// An unguarded client sees a broken connection; the outcome of a guarded request is not known.
    case half
    /// A good answer with this status and body.
    case good(Int, String)
  }

  /// What the origin does behind its bytes.
  enum Ending: Sendable {
    case waits, closes, resets
  }

  let name: String
  let bytes: [UInt8]
  let outcome: Outcome
  let ending: Ending

  init(_ name: String, _ text: String, _ outcome: Outcome = .nothing, _ ending: Ending = .waits) {
    self.name = name
    bytes = Array(text.utf8)
    self.outcome = outcome
    self.ending = ending
  }

  static let evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL"

  static func ok(_ fields: String, _ body: String = "ok") -> String { "HTTP/1.1 200 OK\r\n\(fields)\r\n\(body)" }
}

extension BadAnswer {
  static let framing: [BadAnswer] = [
    BadAnswer("two lengths", ok("Content-Length: 2\r\nContent-Length: 40\r\n", "ok" + evil)),
    BadAnswer("two equal lengths", ok("Content-Length: 2\r\nContent-Length: 2\r\n")),
    BadAnswer("a list of lengths", ok("Content-Length: 2, 2\r\n")),
    BadAnswer(
      "a length and a coding", ok("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r\n\r\n")),
    BadAnswer(
      "a coding and a length", ok("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "2\r\nok\r\n0\r\n\r\n")),
    BadAnswer("an unknown coding", ok("Transfer-Encoding: gzip\r\n"), .nothing, .closes),
    BadAnswer("a coding before chunked", ok("Transfer-Encoding: gzip, chunked\r\n", "2\r\nok\r\n0\r\n\r\n")),
    BadAnswer(
      "chunked twice", ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r\n\r\n")),
    BadAnswer("a negative length", ok("Content-Length: -2\r\n")),
    BadAnswer("a length that is none", ok("Content-Length: two\r\n")),
    BadAnswer("a length beyond 64 bits", ok("Content-Length: 99999999999999999999\r\n")),
    BadAnswer("a length of 2^63", ok("Content-Length: 9223372036854775808\r\n"), .nothing, .closes),
    BadAnswer("a size that is none", ok("Transfer-Encoding: chunked\r\n", "zz\r\nok\r\n0\r\n\r\n"), .half),
    BadAnswer("data that end with LF", ok("Transfer-Encoding: chunked\r\n", "2\r\nok\n0\r\n\r\n"), .half),
    BadAnswer("more data than said", ok("Transfer-Encoding: chunked\r\n", "2\r\nokok\r\n0\r\n\r\n"), .half),
    BadAnswer("a trailer that is no field", ok("Transfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r\nX\r\n\r\n"), .half),
    BadAnswer(
      "chunks", ok("Transfer-Encoding: chunked\r\n", "1;x=y\r\no\r\n1\r\nk\r\n0\r\nX: y\r\n\r\n"), .good(200, "ok")),
    BadAnswer("no length", ok("", "ok"), .good(200, "ok"), .closes),
    BadAnswer("no length, HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nok", .good(200, "ok"), .closes),
    BadAnswer("a length, HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", .good(200, "ok")),
    BadAnswer("no length, and a reset", ok("", "ok"), .half, .resets),
  ]

  static let heads: [BadAnswer] = [
    BadAnswer("nothing", "", .nothing, .closes),
    BadAnswer("nothing, and a reset", "", .nothing, .resets),
    BadAnswer("no HTTP", "hello\r\n\r\n"),
    BadAnswer("ICY", "ICY 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    BadAnswer("HTTP/2", "HTTP/2 200\r\nContent-Length: 2\r\n\r\nok"),
    BadAnswer("HTTP/2.0", "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    BadAnswer("no status", "HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\nok"),
    BadAnswer("a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok"),
    BadAnswer("a status of four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok"),
    BadAnswer("the status 000", "HTTP/1.1 000 No\r\nContent-Length: 2\r\n\r\nok"),
    BadAnswer("the status 099", "HTTP/1.1 099 No\r\nContent-Length: 2\r\n\r\nok"),
    BadAnswer("a negative status", "HTTP/1.1 -20 OK\r\nContent-Length: 2\r\n\r\nok"),
    BadAnswer("a folded field", ok("X: a\r\n b\r\nContent-Length: 2\r\n")),
    BadAnswer("a blank before the colon", ok("X : a\r\nContent-Length: 2\r\n")),
    BadAnswer("no name", ok(": a\r\nContent-Length: 2\r\n")),
    BadAnswer("no colon", ok("Nonsense\r\nContent-Length: 2\r\n")),
    BadAnswer("NUL in a value", ok("X: a\0b\r\nContent-Length: 2\r\n")),
    BadAnswer("CR in a value", ok("X: a\rb\r\nContent-Length: 2\r\n")),
    BadAnswer("half a head", "HTTP/1.1 200 OK\r\nContent-Le", .nothing, .closes),
    BadAnswer("half a head, and a reset", "HTTP/1.1 200 OK\r\nContent-Le", .nothing, .resets),
    BadAnswer("a head of a mebibyte", ok("X: " + String(repeating: "x", count: 1 << 20) + "\r\nContent-Length: 2\r\n")),
    BadAnswer("fields without end", ok(String(repeating: "X: y\r\n", count: 20_000))),
    BadAnswer("no reason", "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", .good(200, "ok")),
    BadAnswer("not even a blank for it", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", .good(200, "ok")),
    BadAnswer("a status that nobody knows", "HTTP/1.1 299 Odd\r\nContent-Length: 2\r\n\r\nok", .good(299, "ok")),
  ]

  static let interim: [BadAnswer] = [
    BadAnswer("101", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n" + evil),
    BadAnswer("101 without Upgrade", "HTTP/1.1 101 Switching Protocols\r\n\r\n" + evil),
    BadAnswer("100 first", "HTTP/1.1 100 Continue\r\n\r\n" + ok("Content-Length: 2\r\n"), .good(200, "ok")),
    BadAnswer(
      "103 first", "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + ok("Content-Length: 2\r\n"), .good(200, "ok")),
    BadAnswer(
      "a thousand 1xx first",
      String(repeating: "HTTP/1.1 102 Processing\r\nX: y\r\n\r\n", count: 1_000) + ok("Content-Length: 2\r\n"),
      .good(200, "ok")),
    BadAnswer("1xx and no more", "HTTP/1.1 102 Processing\r\n\r\n", .nothing, .closes),
    BadAnswer(
      "1xx with a length", "HTTP/1.1 102 Processing\r\nContent-Length: 40\r\n\r\n" + ok("Content-Length: 2\r\n"),
      .good(200, "ok")),
  ]

  static let bodies: [BadAnswer] = [
    BadAnswer("half a body", ok("Content-Length: 10\r\n", "half"), .half, .closes),
    BadAnswer("half a body, and a reset", ok("Content-Length: 10\r\n", "half"), .half, .resets),
    BadAnswer("no body", ok("Content-Length: 10\r\n", ""), .half, .closes),
    BadAnswer("no last chunk", ok("Transfer-Encoding: chunked\r\n", "4\r\nhalf\r\n"), .half, .closes),
    BadAnswer("half a chunk", ok("Transfer-Encoding: chunked\r\n", "a\r\nhalf"), .half, .closes),
    BadAnswer("no last chunk, and a reset", ok("Transfer-Encoding: chunked\r\n", "4\r\nhalf\r\n"), .half, .resets),
    BadAnswer("half the trailers", ok("Transfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r\nX: y\r\n"), .half, .closes),
    BadAnswer("garbage behind it", ok("Content-Length: 2\r\n") + "garbage", .good(200, "ok")),
    BadAnswer("another answer behind it", ok("Content-Length: 2\r\n") + evil, .good(200, "ok")),
    BadAnswer(
      "ten answers behind it", ok("Content-Length: 2\r\n") + String(repeating: evil, count: 10), .good(200, "ok")),
    BadAnswer(
      "another behind chunks", ok("Transfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r\n\r\n") + evil, .good(200, "ok")),
    BadAnswer("another answer behind it, and the end", ok("Content-Length: 2\r\n") + evil, .good(200, "ok"), .closes),
    BadAnswer("a body behind 204", "HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nEVIL", .good(204, "")),
    BadAnswer("an answer behind 204", "HTTP/1.1 204 No Content\r\n\r\n" + evil, .good(204, "")),
    BadAnswer("a body behind 304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nEVIL", .good(304, "")),
  ]
}
