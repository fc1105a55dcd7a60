import NIOCore
import Testing

@testable import IdempotencyWorker

@Suite("W1 answers: where each begins and ends, and what is refused")
struct AnswerDecoderTests {
  static let streams: [[UInt8]] = WireCorpus.answers.indices.flatMap { index -> [[UInt8]] in
    [WireCorpus.answers[index], WireCorpus.answers[index] + WireCorpus.answers[(index + 1) % WireCorpus.answers.count]]
  }

  @Test("however a stream is cut, once or twice, it is read the same", arguments: streams)
  func cuts(stream: [UInt8]) {
    let whole = WireReading(answers: stream, ends: true)
    #expect(!whole.isRefused && whole.messages.allSatisfy(\.isWhole))
    for first in 0...stream.count {
      for second in first...stream.count where WireReading(answers: stream, cuts: [first, second], ends: true) != whole
      {
        Issue.record("another reading when cut at \(first) and \(second)")
        return
      }
    }
    #expect(WireReading(answers: stream, cuts: Array(stream.indices), ends: true) == whole)
  }

  private func reading(_ text: String, toHead: Bool = false, ends: Bool = false) -> WireReading {
    WireReading(answers: text.unicodeScalars.map { UInt8($0.value) }, toHead: toHead, ends: ends)
  }

  @Test("answers without a body: to HEAD, 204 and 304, whatever their fields say")
  func bodiless() {
    for (text, toHead) in [
      ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true),
      ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", false),
      ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false), ("HTTP/1.1 200 OK\r\n\r\n", true),
    ] {
      let reading = reading(text, toHead: toHead)
      #expect(reading.messages.map(\.isWhole) == [true] && reading.messages[0].body.isEmpty && !reading.isRefused)
    }
  }

  @Test("interim answers come before the answer, as many as there may be; 101 is none")
  func interim() {
    let one = "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    #expect(reading(one + one + answer).messages.map(\.start) == ["103", "103", "200"])
    let most = MessageLimits().interimAnswers
    #expect(reading(String(repeating: one, count: most) + answer).messages.count == most + 1)
    #expect(reading(String(repeating: one, count: most + 1) + answer).isRefused)
    #expect(reading("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n").isRefused)
  }

  @Test("an answer that ends with its connection is whole then, and any other is not")
  func connectionEnd() {
    let open = reading("HTTP/1.1 200 OK\r\n\r\nall of it", ends: true)
    #expect(open.messages.map(\.isWhole) == [true] && open.messages[0].body == Array("all of it".utf8))
    #expect(reading("HTTP/1.1 200 OK\r\n\r\nall of it").messages.map(\.isWhole) == [false])
    for text in [
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    ] {
      #expect(reading(text, ends: true).messages.map(\.isWhole) == [false])
    }
    #expect(reading("HTTP/1.1 200 OK\r\n", ends: true).messages.isEmpty)
  }

  static let refused = [
    "HTTP/1.1 200OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
    "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1\t200 OK\r\n\r\n",
    "http/1.1 200 OK\r\n\r\n", "ICY 200 OK\r\n\r\n", "\r\nHTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\n\n",
    "HTTP/1.1 200 O\0K\r\n\r\n", "HTTP/1.1 200 OK\r\nX : y\r\n\r\n", "HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
  ]

  @Test("what is not the grammar", arguments: refused)
  func refuses(text: String) {
    #expect(reading(text).isRefused)
  }

  @Test("nothing is read that nobody asked for")
  func unasked() throws {
    var decoder = AnswerDecoder(limits: MessageLimits())
    decoder.append(ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    let part = try decoder.next()
    #expect(part.map { "\($0)" } == nil && decoder.hasBytes)
  }
}
