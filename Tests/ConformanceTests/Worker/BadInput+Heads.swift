@testable import Harness

extension BadInput {
  /// Lines and fields that two parsers read differently.
  static let fields: [BadInput] = [
    BadInput(
      "LF alone everywhere", "POST /pay HTTP/1.1\nHost: a\n\(key)Content-Length: 2\n\n{}", .refused([400, 505])),
    BadInput("LF alone behind a field", "GET /free HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"),
    BadInput("LF alone at the end", "GET /free HTTP/1.1\r\nHost: a\r\n\n" + second),
    BadInput("CR alone in a value", "GET /free HTTP/1.1\r\nHost: a\r\nX: a\rY: b\r\n\r\n"),
    BadInput("CR alone behind a field", "GET /free HTTP/1.1\r\nHost: a\rX: y\r\n\r\n"),
    BadInput("a folded field", get("X: a\r\n b\r\n")),
    BadInput("a folded length", post("Content-Length:\r\n 2\r\n", "{}")),
    BadInput("a first field that is folded", "GET /free HTTP/1.1\r\n X: y\r\nHost: a\r\n\r\n"),
    BadInput("a blank before the colon", "GET /free HTTP/1.1\r\nHost : a\r\n\r\n"),
    BadInput("a tab before the colon", get("X\t: y\r\n")),
    BadInput("a blank in a name", get("X Y: z\r\n")),
    BadInput("a name with a bracket", get("X(Y): z\r\n")),
    BadInput("a name beyond ASCII", get("X\u{E9}: z\r\n")),
    BadInput("no name", get(": x\r\n")),
    BadInput("no name first", "GET /free HTTP/1.1\r\n: x\r\nHost: a\r\n\r\n"),
    BadInput("no colon", get("Nonsense\r\n")),
    BadInput("NUL in a value", get("X: a\0b\r\n")),
    BadInput("NUL in a name", get("X\0: a\r\n")),
    BadInput(
      "NUL in the key", "POST /pay HTTP/1.1\r\nHost: a\r\nIdempotency-Key: \"a\0b\"\r\nContent-Length: 0\r\n\r\n"),
    BadInput("a control byte in a value", get("X: a\u{1}b\r\n")),
    BadInput("DEL in a value", get("X: a\u{7F}b\r\n")),
    BadInput("an empty value", get("X:\r\n"), .served),
    BadInput("empty lines before the request", "\r\n\r\n" + get(), .served),
    BadInput(
      "two keys", "POST /pay HTTP/1.1\r\nHost: a\r\n" + key + key + "Content-Length: 2\r\n\r\n{}", .answered(400)),
  ]

  /// Request lines.
  static let lines: [BadInput] = [
    BadInput("no Host", "GET /free HTTP/1.1\r\n\r\n"),
    BadInput("two Hosts", get("Host: b\r\n")),
    BadInput("two equal Hosts", get("Host: a\r\n")),
    BadInput("a list of Hosts", "GET /free HTTP/1.1\r\nHost: a, b\r\n\r\n"),
    BadInput("a Host with a path", "GET /free HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    BadInput("a Host with a user", "GET /free HTTP/1.1\r\nHost: u@a\r\n\r\n"),
    BadInput("a Host with a blank", "GET /free HTTP/1.1\r\nHost: a b\r\n\r\n"),
    BadInput("a Host with a quote", "GET /free HTTP/1.1\r\nHost: a\";for=6.6.6.6\r\n\r\n"),
    BadInput("a Host beyond ASCII", "GET /free HTTP/1.1\r\nHost: \u{E9}\r\n\r\n"),
    BadInput("a Host with blanks around it", "GET /free HTTP/1.1\r\nHost: \ta \r\n\r\n", .served),
    BadInput("HTTP/0.9", "GET /free\r\n\r\n", .refused([400, 505])),
    BadInput("HTTP/1.2", "GET /free HTTP/1.2\r\nHost: a\r\n\r\n", .refused([400, 505])),
    BadInput("HTTP/2.0", "GET /free HTTP/2.0\r\nHost: a\r\n\r\n", .refused([400, 505])),
    BadInput("HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .refused([400, 505])),
    BadInput("HTTP/11", "GET /free HTTP/11\r\nHost: a\r\n\r\n", .refused([400, 505])),
    BadInput("http/1.1", "GET /free http/1.1\r\nHost: a\r\n\r\n", .refused([400, 505])),
    BadInput("another protocol", "GET /free FTP/1.1\r\nHost: a\r\n\r\n", .refused([400, 505])),
    BadInput("a protocol like HTTP", "GET /free RTSP/1.0\r\nHost: a\r\n\r\n"),
    BadInput("a blank behind the version", "GET /free HTTP/1.1 \r\nHost: a\r\n\r\n", .refused([400, 505])),
    BadInput("a blank before the method", " GET /free HTTP/1.1\r\nHost: a\r\n\r\n"),
    BadInput("a blank in the target", "GET /free x HTTP/1.1\r\nHost: a\r\n\r\n", .refused([400, 505])),
    BadInput("a tab in the target", "GET /free\tx HTTP/1.1\r\nHost: a\r\n\r\n"),
    BadInput("NUL in the target", "GET /free\0 HTTP/1.1\r\nHost: a\r\n\r\n"),
    BadInput(
      "bytes beyond ASCII in the target",
      bytes: Array("GET /fr".utf8) + [0xE9, 0xFF] + Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8)),
    BadInput("CR in the target", "GET /free\rX HTTP/1.1\r\nHost: a\r\n\r\n"),
    BadInput("no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", .refused([400, 505])),
    BadInput("a target that is no path", "GET free HTTP/1.1\r\nHost: a\r\n\r\n"),
    BadInput("a target with a user", "GET http://u@a/free HTTP/1.1\r\nHost: a\r\n\r\n"),
    BadInput("a target without a host", "GET http:///free HTTP/1.1\r\nHost: a\r\n\r\n"),
    BadInput("a target of another scheme", "GET ftp://a/free HTTP/1.1\r\nHost: a\r\n\r\n"),
    BadInput("an asterisk that is not OPTIONS'", "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
    BadInput("OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", .served),
    BadInput("CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n" + second, .refused([405])),
    BadInput("a method in small letters", "post /pay HTTP/1.1\r\nHost: a\r\n\(key)Content-Length: 0\r\n\r\n"),
    BadInput("a method with a bracket", "G(T /free HTTP/1.1\r\nHost: a\r\n\r\n"),
    BadInput("an unknown method", "SMUGGLE /free HTTP/1.1\r\nHost: a\r\n\r\n", .served),
    BadInput("every byte", bytes: Array(0...255)),
    BadInput("TLS", bytes: [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3] + Array(repeating: 0x61, count: 80)),
    BadInput("a mebibyte of nothing", String(repeating: "\0", count: 1 << 20)),
    BadInput("a line without end", "GET /" + String(repeating: "x", count: 200_000), .refused([414])),
    BadInput("fields without end", get(String(repeating: "X: y\r\n", count: 10_000)), .refused([431])),
  ]

  /// Requests of which some is missing; the worker's time-outs are short.
  static let halves: [BadInput] = [
    BadInput("half a line", "POST /pa", .refused([408])),
    BadInput("half a head", "POST /pay HTTP/1.1\r\nHost: a\r\n\(key)", .refused([408])),
    BadInput("a head without its last line feed", post("Content-Length: 0\r\n").dropLastByte, .refused([408])),
    BadInput("half a body", post("Content-Length: 10\r\n", "half"), .refused([408])),
    BadInput("a body but for its last byte", post("Content-Length: 5\r\n", "half"), .refused([408])),
    BadInput("no body", post("Content-Length: 10\r\n"), .refused([408])),
    BadInput("half a chunk", post(chunked, "a\r\nhalf"), .refused([408])),
    BadInput("no last chunk", post(chunked, "4\r\nhalf\r\n"), .refused([408])),
    BadInput("a last chunk but for its last byte", post(chunked, "4\r\nhalf\r\n0\r\n\r"), .refused([408])),
    BadInput("half the trailers", post(chunked, "4\r\nhalf\r\n0\r\nX: y\r\n"), .refused([408])),
    BadInput("half a body, then the end", post("Content-Length: 10\r\n", "half"), .brokenOff([400]), ending: .ends),
    BadInput("half a body, then a reset", post("Content-Length: 10\r\n", "half"), .brokenOff([]), ending: .resets),
    BadInput("no last chunk, then the end", post(chunked, "4\r\nhalf\r\n"), .brokenOff([400]), ending: .ends),
    BadInput("no last chunk, then a reset", post(chunked, "4\r\nhalf\r\n"), .brokenOff([]), ending: .resets),
    BadInput("half a head, then the end", "POST /pay HTTP/1.1\r\nHost: a\r\n\(key)", .brokenOff([400]), ending: .ends),
    BadInput("no body, then the end", post("Content-Length: 10\r\n"), .brokenOff([400]), ending: .ends),
    BadInput("unguarded: half a body", post("Content-Length: 10\r\n", "half", to: "/free"), .brokenOff([408])),
    BadInput("unguarded: no last chunk", post(chunked, "4\r\nhalf\r\n", to: "/free"), .brokenOff([408])),
    BadInput(
      "unguarded: half a body, then the end", post("Content-Length: 10\r\n", "half", to: "/free"), .brokenOff([400]),
      ending: .ends),
    BadInput(
      "unguarded: no last chunk, then a reset", post(chunked, "4\r\nhalf\r\n", to: "/free"), .brokenOff([]),
      ending: .resets),
  ]
}

extension String {
  fileprivate var dropLastByte: String { String(decoding: utf8.dropLast(), as: UTF8.self) }
}
