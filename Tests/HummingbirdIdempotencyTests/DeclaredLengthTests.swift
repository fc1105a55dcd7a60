import HTTPTypes
import Hummingbird
import Idempotency
import NIOCore
import Testing

/// What a handler says about the length of its answer is held against the answer: half an answer leaves an unknown
/// outcome (X10), and none disturbs the answers behind it.
@Suite(.timeLimit(.minutes(2))) struct DeclaredLengthTests {
  /// An answer whose length is not what it says.
  struct Wrong: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let make: @Sendable () -> Response

    init(_ what: String, _ make: @escaping @Sendable () -> Response) {
      testDescription = what
      self.make = make
    }
  }

  private static func bytes(_ count: Int) -> ByteBuffer { ByteBuffer(repeating: 0x78, count: count) }

  private static func closure(_ count: Int, length: Int?, step: Int = 10) -> ResponseBody {
    ResponseBody(contentLength: length) { writer in
      for start in stride(from: 0, to: count, by: step) { try await writer.write(bytes(min(step, count - start))) }
      try await writer.finish(nil)
    }
  }

  private static func lengths(_ values: String...) -> HTTPFields {
    var fields = HTTPFields()
    for value in values { fields.append(HTTPField(name: .contentLength, value: value)) }
    return fields
  }

  static let wrongAnswers = [
    Wrong("100 declared, 50 bytes") {
      Response(status: .ok, headers: lengths("100"), body: .init(byteBuffer: bytes(50)))
    },
    Wrong("100 declared, 150 bytes") {
      Response(status: .ok, headers: lengths("100"), body: .init(byteBuffer: bytes(150)))
    },
    Wrong("100 declared, no body") { Response(status: .ok, headers: lengths("100")) },
    Wrong("a closure that writes less") { Response(status: .ok, body: closure(50, length: 100)) },
    Wrong("a closure that writes more") { Response(status: .ok, body: closure(150, length: 100)) },
    Wrong("a closure that writes more, and ignores that it may not") {
      Response(
        status: .ok,
        body: ResponseBody(contentLength: 100) { writer in
          for _ in 0..<15 { try? await writer.write(bytes(10)) }
          try await writer.finish(nil)
        })
    },
    Wrong("a closure of unknown length under a field") {
      Response(status: .ok, headers: lengths("100"), body: closure(50, length: nil))
    },
    Wrong("a closure of unknown length under a field that is less") {
      Response(status: .ok, headers: lengths("100"), body: closure(150, length: nil))
    },
    Wrong("two lengths") { Response(status: .ok, headers: lengths("50", "60"), body: .init(byteBuffer: bytes(50))) },
    Wrong("two lengths in one field") {
      Response(status: .ok, headers: lengths("50, 60"), body: .init(byteBuffer: bytes(50)))
    },
    Wrong("a length that is no number") {
      Response(status: .ok, headers: lengths("fifty"), body: .init(byteBuffer: bytes(50)))
    },
    Wrong("a negative length") { Response(status: .ok, headers: lengths("-1"), body: .init(byteBuffer: bytes(50))) },
    Wrong("a length with a sign") {
      Response(status: .ok, headers: lengths("+50"), body: .init(byteBuffer: bytes(50)))
    },
    Wrong("a length that no integer holds") {
      Response(status: .ok, headers: lengths("99999999999999999999"), body: .init(byteBuffer: bytes(50)))
    },
    Wrong("100 declared and a transfer coding, 50 bytes") {
      var response = Response(status: .ok, headers: lengths("100"), body: .init(byteBuffer: bytes(50)))
      response.headers[.transferEncoding] = "chunked"
      return response
    },
  ]

  @Test(
    "X10 An answer that is not as long as it says is an unknown outcome, and swallows no other", arguments: wrongAnswers
  )
  func wrong(_ wrong: Wrong) async throws {
    try await LiveBench.run(handler: { _, _ in wrong.make() }) { bench in
      let client = try await bench.connect()
      let text = try await client.exchange()
      #expect(text.hasPrefix("HTTP/1.1 502 "), "\(text)")
      #expect(text.contains("Idempotency-Status: uncertain"))
      #expect(text.contains("origin-failed"))
      let state = try await bench.state()
      #expect(state == .uncertain)
      await client.close()
    }
  }

  @Test("E5 The length that a whole answer says is that of its bytes, given once")
  func right() async throws {
    let right = [
      Wrong("repeated") {
        Response(status: .ok, headers: Self.lengths("5", "5"), body: .init(byteBuffer: Self.bytes(5)))
      },
      Wrong("a list") { Response(status: .ok, headers: Self.lengths("5, 5"), body: .init(byteBuffer: Self.bytes(5))) },
      Wrong("leading zeros") {
        Response(status: .ok, headers: Self.lengths("005"), body: .init(byteBuffer: Self.bytes(5)))
      },
      Wrong("a transfer coding") {
        Response(status: .ok, headers: [.transferEncoding: "chunked"], body: .init(byteBuffer: Self.bytes(5)))
      },
      Wrong("a closure") { Response(status: .ok, body: Self.closure(5, length: 5, step: 2)) },
      Wrong("a closure that says nothing") { Response(status: .ok, body: Self.closure(5, length: nil)) },
    ]
    for answer in right {
      try await LiveBench.run(handler: { _, _ in answer.make() }) { bench in
        let client = try await bench.connect()
        for label in ["executed", "replayed"] {
          let text = try await bench.connect().exchange()
          #expect(text.hasPrefix("HTTP/1.1 200 "), "\(answer.testDescription): \(text)")
          #expect(text.contains("Idempotency-Status: \(label)"), "\(answer.testDescription)")
          #expect(text.ranges(of: "Content-Length: 5\r\n").count == 1, "\(answer.testDescription): \(text)")
          #expect(text.ranges(of: "Content-Length").count == 1, "\(answer.testDescription): \(text)")
          #expect(!text.contains("Transfer-Encoding"), "\(answer.testDescription)")
          #expect(text.hasSuffix("\r\n\r\nxxxxx"), "\(answer.testDescription): \(text)")
        }
        await client.close()
      }
    }
  }

  @Test("E7 An answer that may have no body has none, whatever its handler writes", arguments: [204, 304])
  func none(status: Int) async throws {
    try await LiveBench.run(handler: { _, _ in
      Response(status: .init(code: status), body: .init(byteBuffer: Self.bytes(5)))
    }) { bench in
      for label in ["executed", "replayed"] {
        let client = try await bench.connect()
        let text = try await client.exchange()
        #expect(text.hasPrefix("HTTP/1.1 \(status) "), "\(text)")
        #expect(text.contains("Idempotency-Status: \(label)"))
        #expect(text.hasSuffix("\r\n\r\n"), "\(text)")
        await client.close()
      }
    }
  }

  @Test("E19 The answer to HEAD says what length a body would have, and has none", arguments: [true, false])
  func head(hasBody: Bool) async throws {
    try await LiveBench.run(handler: { _, _ in
      let response = Response(status: .ok, body: .init(byteBuffer: Self.bytes(5)))
      return hasBody ? response : response.createHeadResponse()
    }) { bench in
      let client = try await bench.connect()
      let text = try await client.exchange("HEAD")
      #expect(text.hasPrefix("HTTP/1.1 200 "), "\(text)")
      #expect(text.contains("Content-Length: 5\r\n"), "\(text)")
      #expect(text.hasSuffix("\r\n\r\n"), "\(text)")
      let replay = try await bench.connect().exchange("HEAD")
      #expect(replay.contains("Idempotency-Status: replayed") && replay.hasSuffix("\r\n\r\n"), "\(replay)")
      let state = try await bench.state()
      #expect(state == .completed)
      await client.close()
    }
  }

  @Test("E16 A large answer that is not as long as it says ends its connection", arguments: [40_000, 60_000])
  func large(count: Int) async throws {
    try await LiveBench.run(
      { $0.limits.responseBody = 1_000 },
      handler: { _, _ in
        Response(status: .ok, body: Self.closure(count, length: 50_000, step: 1_000))
      }
    ) { bench in
      let client = try await bench.connect()
      try await client.send()
      try await client.send("POST", "/end", key: nil)
      let text = try await client.received { _ in false }
      #expect(client.isClosed)
      let body = text.split(separator: "\r\n\r\n", maxSplits: 1).last ?? ""
      #expect(body.utf8.count <= 50_000 && body.allSatisfy { $0 == "x" })
      let state = try await bench.state()
      #expect(state == .notRetained)
    }
  }
}
