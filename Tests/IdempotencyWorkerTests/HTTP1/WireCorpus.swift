/// Messages that are well-formed, of every shape that matters for where one ends, and what a mutation puts between.
enum WireCorpus {
  static let requests: [[UInt8]] = [
    Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8),
    Array("POST /pay HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello".utf8),
    Array("POST /pay?x=%41&y HTTP/1.1\r\nhost:a\r\nIdempotency-Key: \"k\"\r\ncontent-length:2\r\n\r\n{}".utf8),
    Array(
      "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n"
        .utf8),
    Array(
      "PUT /t HTTP/1.1\r\nTransfer-Encoding: Chunked\r\nHost: a\r\n\r\n1;a;b=\"c\\\"d;\"\r\nx\r\n000;z\r\nX-Sum: 1\r\nY:\r\n\r\n"
        .utf8),
    Array("GET /o HTTP/1.0\r\nConnection: keep-alive\r\n\r\n".utf8),
    Array("HEAD /h HTTP/1.1\r\nHost: a\r\nConnection: x-y, Upgrade , keep-alive\r\nX-Y: \t z \t\r\n\r\n".utf8),
    Array("OPTIONS * HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n".utf8),
    Array("POST /b HTTP/1.1\r\nHost: a\r\nX: ".utf8) + [0xC3, 0xA9, 0x20, 0xE9, 0x80, 0xFF]
      + Array("\r\nContent-Length: 6\r\n\r\n".utf8) + [0xC3, 0xA9, 0x0D, 0x0A, 0x0D, 0x0A],
    Array("POST /d HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n".utf8) + [0xFF, 0x0D, 0x0A]
      + Array("\r\n0\r\nX-".utf8) + Array("T: ".utf8) + [0xE9, 0xFF] + Array("\r\n\r\n".utf8),
    Array("\r\nDELETE /e HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n".utf8),
  ]

  static let answers: [[UInt8]] = [
    Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello".utf8),
    Array("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5;q\r\nhello\r\n0\r\nX: y\r\n\r\n".utf8),
    Array("HTTP/1.1 204 No Content\r\nX: ".utf8) + [0xC3, 0xA9, 0xFF] + Array("\r\n\r\n".utf8),
    Array("HTTP/1.1 304 \r\nContent-Length: 9\r\n\r\n".utf8),
    Array("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".utf8),
    Array("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".utf8),
    Array("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx".utf8),
    Array("HTTP/1.1 500 Oh no: ".utf8) + [0xE9, 0xC3, 0xA9] + Array("\r\nContent-Length: 3\r\n\r\n".utf8) + [
      0x80, 0x0D, 0x0A,
    ],
    Array("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end".utf8),
  ]

  /// What a mutation inserts.
  static let pieces: [[UInt8]] =
    [
      "\r\n", "\n", "\r", "\r\n\r\n", " ", "\t", ":", ";", "=", "\"", "\\", "0", "5", "f", "\0", "\u{B}", "\u{7F}", ",",
      "_", "-", "+",
      "Content-Length: 5\r\n", "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n",
      "Transfer-Encoding: identity\r\n",
      "Connection: close\r\n", "X: y\r\n", " folded\r\n", "0\r\n\r\n", "5\r\nhello\r\n", "chunked", "HTTP/1.1",
      "HTTP/1.0", "/",
      "GET /SMUGGLED HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "Upgrade: h2c\r\n",
    ].map { Array($0.utf8) } + [[0x80], [0xC3, 0xA9], [0xFF], [0xE9]]
}
