import Foundation
import Testing
@testable import Harness

@Suite("E20 worker: messages of every form", .timeLimit(.minutes(10)))
struct ProxyMessageTests {
  static let routes = ["/pay", "/free"]

  static func key() -> String { "Idempotency-Key: \"\(freshKey())\"" }

  // MARK: 100-continue

  @Test("E20 a body that waits to be asked for is asked for", arguments: routes)
  func expectContinue(route: String) async throws {
    try await ProxyWorker.run { worker in
      try await worker.connection { wire in
        let fields = [Self.key(), "Expect: 100-continue", "Content-Length: 4"]
        try await wire.send(.request("POST", route, fields: fields))
        try await wire.until("HTTP/1.1 100 Continue\r\n\r\n")
        if route == "/pay" { #expect(worker.origin.bytesReceived == 0) }
        try await wire.send("body")
        let answer = try await wire.answer()
        #expect(answer.status == 200)
        #expect(answer.interim == [100])
        // The connection serves on.
        try await wire.send(.request())
        #expect(try await wire.answer().status == 200)
      }
      let request = try #require(try worker.origin.requests.first)
      #expect(request["Expect"] == nil)
      #expect(request.text == "body")
    }
  }

  @Test("E20 a request that is refused by its head is not asked for its body")
  func expectContinueRefused() async throws {
    try await ProxyWorker.run { worker in
      let refusals: [([String], Int)] = [
        (["Idempotency-Key: \"\"", "Content-Length: 4"], 400),
        ([Self.key(), "Content-Length: 2000000"], 413),
      ]
      for (fields, status) in refusals {
        try await worker.connection { wire in
          try await wire.send(.request("POST", "/pay", fields: fields + ["Expect: 100-continue"]))
          let answer = try await wire.answer()
          #expect(answer.status == status)
          #expect(answer.interim == [])
          #expect(answer["Connection"] == "close")
          #expect(await wire.ended() == .closed)
        }
      }
      #expect(worker.origin.bytesReceived == 0)
    }
  }

  @Test("E20 whoever does not wait for 100 Continue is served too", arguments: routes)
  func expectContinueUnawaited(route: String) async throws {
    try await ProxyWorker.run { worker in
      let fields = [Self.key(), "Expect: 100-continue"]
      let answer = try await worker.send(.request("POST", route, fields: fields, body: "body"))
      #expect(answer.status == 200)
      #expect(try worker.origin.requests.map(\.text) == ["body"])
    }
  }

  // MARK: Chunks and trailers

  @Test("E20 a request in chunks and its trailers", arguments: routes)
  func chunkedRequest(route: String) async throws {
    try await ProxyWorker.run { worker in
      let head = ["Transfer-Encoding: chunked"]
      let chunks = "3;ext=\"a\"\r\none\r\n8\r\n\r\n2\r\nto3\r\n"
      let plain = try await worker.send(
        .request("POST", route, fields: head + [Self.key()]) + chunks + "00\r\n\r\n")
      #expect(plain.status == 200)
      let trailed = try await worker.send(
        .request("POST", route, fields: head + [Self.key(), "Trailer: X-Sum"]) + chunks
          + "0\r\nX-Sum: 7\r\nX-Sum: 8\r\nX-Text: gr\u{FC}n \u{4E0A}\r\n\r\n")
      #expect(trailed.status == 200)
      let requests = try worker.origin.requests
      #expect(requests.map(\.text) == Array(repeating: "one\r\n2\r\nto3", count: 2))
      // A guarded body is whole before it is sent, and has a length unless trailers follow it.
      #expect(requests.map(\.framing) == [route == "/pay" ? .length(11) : .chunked, .chunked])
      #expect(requests[0].trailers == [])
      #expect(
        requests[1].trailers == [Field("X-Sum", "7"), Field("X-Sum", "8"), Field("X-Text", "gr\u{FC}n \u{4E0A}")])
    }
  }

  @Test("a trailer cannot hold a second request, however its characters are cut down", arguments: routes)
  func trailerInjection(route: String) async throws {
    try await ProxyWorker.run { worker in
      // U+010D and U+010A, of which one byte each would be CR and LF.
      let end = "\u{10D}\u{10A}\u{10D}\u{10A}"
      let answer = try await worker.send(
        .request("POST", route, fields: [Self.key(), "Transfer-Encoding: chunked"])
          + "2\r\n{}\r\n0\r\nX-Evil: a\(end)POST /smuggled HTTP/1.1\r\nX-Odd: b\r\n\r\n")
      #expect(answer.status == 200)
      _ = try await worker.send(.request())
      #expect(try worker.origin.requests.map(\.target) == [route, "/free"])
    }
  }

  @Test("E20 an answer in chunks and its trailers, to those who know chunks")
  func chunkedAnswer() async throws {
    let answer = String.chunked(["one", "two"], trailers: ["X-Sum: 7", "X-Text: gr\u{FC}n \u{4E0A}"])
    try await ProxyWorker.run(answers: { _ in answer }) { worker in
      let new = try await worker.send(.request())
      #expect(new.framing == .chunked)
      #expect(new.text == "onetwo")
      #expect(new.trailers == [Field("X-Sum", "7"), Field("X-Text", "gr\u{FC}n \u{4E0A}")])
      let old = try await worker.send(.request(version: "HTTP/1.0"))
      #expect(old.framing == .untilClose)
      #expect(old.text == "onetwo")
      // Guarded, it is kept whole.
      let call = String.guarded()
      for _ in 1...2 {
        let kept = try await worker.send(call)
        #expect(kept.framing == .length(6))
        #expect(kept.text == "onetwo")
      }
    }
  }

  @Test("an answer's trailer cannot hold a second answer")
  func answerTrailerInjection() async throws {
    let end = "\u{10D}\u{10A}\u{10D}\u{10A}"
    try await ProxyWorker.run(answers: { _ in
      .chunked(["ok"], trailers: ["X-Evil: a\(end)HTTP/1.1 200 OK\(end)"])
    }) { worker in
      try await worker.connection { wire in
        try await wire.send(.request())
        #expect(try await wire.answer().text == "ok")
        #expect(wire.text.components(separatedBy: "HTTP/1.1 200").count == 2 || wire.text.contains("\u{10D}\u{10A}"))
        #expect(!wire.text.contains("\r\nHTTP/1.1 200"))
      }
    }
  }

  // MARK: Answers without a body

  @Test("E19 HEAD, 204 and 304 have no body, and what follows them is not mistaken for one")
  func withoutBody() async throws {
    try await ProxyWorker.run(answers: { request in
      switch request.target {
      case "/head": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"e\"\r\n\r\n"
      case "/head-chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      case "/head-bare": "HTTP/1.1 200 OK\r\n\r\n"
      case "/204": "HTTP/1.1 204 No Content\r\n\r\n"
      case "/304": "HTTP/1.1 304 Not Modified\r\nETag: \"e\"\r\n\r\n"
      case "/304-length": "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"
      default: .answer(200, "body")
      }
    }) { worker in
      try await worker.connection { wire in
        for target in ["/head", "/head-chunked", "/head-bare"] {
          try await wire.send(.request("HEAD", target))
          let answer = try await wire.answer(toHead: true)
          #expect(answer.status == 200)
          if target == "/head" {
            #expect(answer["Content-Length"] == "5")
          } else {
            #expect(answer["Content-Length"] == nil)
          }
          try await wire.send(.request())
          #expect(try await wire.answer().text == "body", "after \(target)")
        }
        for (target, status) in [("/204", 204), ("/304", 304), ("/304-length", 304)] {
          try await wire.send(.request("GET", target))
          let answer = try await wire.answer()
          #expect(answer.status == status)
          if status == 204 { #expect(answer.framing == .untilClose && answer["Content-Length"] == nil) }
          try await wire.send(.request())
          #expect(try await wire.answer().text == "body", "after \(target)")
        }
      }
    }
  }

  @Test("a guarded answer without a body is replayed without one", arguments: [204, 304])
  func guardedWithoutBody(status: Int) async throws {
    try await ProxyWorker.run(answers: { _ in "HTTP/1.1 \(status) X\r\nETag: \"e\"\r\n\r\n" }) { worker in
      let call = String.guarded()
      try await worker.connection { wire in
        for label in ["executed", "replayed"] {
          try await wire.send(call)
          let answer = try await wire.answer()
          #expect(answer.status == status)
          #expect(answer.label == label)
        }
        try await wire.send(.request("GET", "/free"))
        #expect(try await wire.answer().status == status)
      }
    }
  }
}
