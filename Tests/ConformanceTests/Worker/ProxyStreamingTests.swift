import IdempotencyTesting
import Testing
@testable import Harness

@Suite("E19 worker: bodies as they come", .serialized, .timeLimit(.minutes(10)))
struct ProxyStreamingTests {
  static let mebibyte = 1 << 20

  /// Bytes that say where they are, so that one too many, too few or in the wrong place is seen.
  static func bytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      var value: UInt32 = 1
      for index in 0..<count {
        value = value &* 1_664_525 &+ 1_013_904_223
        buffer[index] = UInt8(truncatingIfNeeded: value >> 24)
      }
      initialized = count
    }
  }

  // MARK: As it comes

  @Test("E19 a request's first piece is with the origin before its last is sent", arguments: ["length", "chunked"])
  func requestStreams(framing: String) async throws {
    try await ProxyWorker.run { worker in
      try await worker.connection { wire in
        let isChunked = framing == "chunked"
        let field = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: 10"
        try await wire.send(.request("POST", "/free", fields: [field]))
        try await wire.send(isChunked ? "5\r\nfirst\r\n" : "first")
        try await worker.origin.connection(1).until("first")
        #expect(wire.received.isEmpty)
        try await wire.send(isChunked ? "5\r\nfinal\r\n0\r\n\r\n" : "final")
        #expect(try await wire.answer().status == 200)
      }
      #expect(try worker.origin.requests.map(\.text) == ["firstfinal"])
    }
  }

  @Test(
    "E19 an answer's first piece is with the client before its last is sent", arguments: ["length", "chunked", "close"])
  func answerStreams(framing: String) async throws {
    let gate = Gate()
    try await ProxyWorker.run(script: { wire, _ in
      while try await wire.request() != nil {
        switch framing {
        case "length": try await wire.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst")
        case "chunked": try await wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        default: try await wire.send("HTTP/1.1 200 OK\r\n\r\nfirst")
        }
        await gate.pass()
        try await wire.send(framing == "chunked" ? "5\r\nfinal\r\n0\r\n\r\n" : "final")
        if framing == "close" { return }
      }
    }) { worker in
      try await worker.connection { wire in
        try await wire.send(.request())
        try await wire.until("first")
        gate.open()
        #expect(try await wire.answer().text == "firstfinal")
      }
    }
  }

  @Test("E19 both at once: an echo, a piece at a time")
  func echo() async throws {
    try await ProxyWorker.run(script: { wire, _ in
      try await wire.until("\r\n\r\n")
      try await wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      for number in 1...5 {
        try await wire.until("piece\(number)")
        try await wire.send("5\r\necho\(number)\r\n")
      }
      try await wire.until("\r\n0\r\n\r\n")
      try await wire.send("0\r\n\r\n")
    }) { worker in
      try await worker.connection { wire in
        try await wire.send(.request("POST", "/free", fields: ["Transfer-Encoding: chunked"]))
        for number in 1...5 {
          try await wire.send("6\r\npiece\(number)\r\n")
          try await wire.until("echo\(number)")
        }
        try await wire.send("0\r\n\r\n")
        #expect(try await wire.answer().text == "echo1echo2echo3echo4echo5")
      }
    }
  }

  // MARK: Large bodies

  @Test("E19 large bodies, both ways, to the byte", arguments: ["/free", "/free chunked", "/pay"])
  func largeBodies(form: String) async throws {
    // 8 MiB: the most that a policy keeps.
    let body = Self.bytes((form == "/pay" ? 8 : 10) * Self.mebibyte)
    let script: RawOrigin.Script = { wire, _ in
      while let request = try await wire.request() {
        try await wire.send(
          Array("HTTP/1.1 200 OK\r\nContent-Length: \(request.body.count)\r\n\r\n".utf8) + request.body)
      }
    }
    var options = ProxyWorker.Options()
    options.policy = ["limits: { requestBody: 8MiB, responseBody: 8MiB }"]
    try await ProxyWorker.run(try await RawOrigin.start(script), options) { worker in
      let target = form.contains("pay") ? "/pay" : "/free"
      var fields = ["Idempotency-Key: \"\(freshKey())\""]
      var message = body
      if form.contains("chunked") {
        fields.append("Transfer-Encoding: chunked")
        message = Array("\(String(body.count, radix: 16))\r\n".utf8) + body + Array("\r\n0\r\n\r\n".utf8)
      } else {
        fields.append("Content-Length: \(body.count)")
      }
      let call = Array(String.request("POST", target, fields: fields).utf8) + message
      let answer = try await worker.send(call)
      #expect(answer.status == 200)
      #expect(answer.body == body)
      #expect(try worker.origin.requests.map { $0.body == body } == [true])
      guard target == "/pay" else { return }
      let replay = try await worker.send(call)
      #expect(replay.label == "replayed")
      #expect(replay.body == body)
    }
  }

  @Test("E16 an answer too large to be kept comes to the byte, whatever its framing", arguments: ["length", "chunked"])
  func notRetained(framing: String) async throws {
    let body = Self.bytes(10 * Self.mebibyte)
    let head = "HTTP/1.1 200 OK\r\n"
    let message =
      framing == "length"
      ? Array("\(head)Content-Length: \(body.count)\r\n\r\n".utf8) + body
      : Array("\(head)Transfer-Encoding: chunked\r\n\r\n\(String(body.count, radix: 16))\r\n".utf8) + body
        + Array("\r\n0\r\n\r\n".utf8)
    try await ProxyWorker.run(script: { wire, _ in
      while try await wire.request() != nil { try await wire.send(message) }
    }) { worker in
      let call = String.guarded()
      let answer = try await worker.send(call)
      #expect(answer.status == 200 && answer.label == "executed")
      #expect(answer.body == body)
      #expect(try await worker.send(call).label == "not-retained")
      #expect(try worker.origin.requests.count == 1)
    }
  }

  @Test("a large answer is whole where the connection ends with it", arguments: ["/free", "/pay"])
  func largeAnswerThenClose(route: String) async throws {
    let body = Self.bytes(4 * Self.mebibyte)
    var options = ProxyWorker.Options()
    options.policy = ["limits: { requestBody: 1MiB, responseBody: 8MiB }"]
    let script: RawOrigin.Script = { wire, _ in
      while try await wire.request() != nil {
        try await wire.send(Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body)
      }
    }
    try await ProxyWorker.run(try await RawOrigin.start(script), options) { worker in
      for version in ["HTTP/1.1", "HTTP/1.0"] {
        // Its kernel takes little: most of the answer waits in the worker when all of it is written.
        let wire = try await worker.open(receiveBuffer: 16 * 1024)
        try await wire.stopReading()
        let fields = ["Idempotency-Key: \"\(freshKey())\"", "Connection: close"]
        try await wire.send(.request("POST", route, fields: fields, body: "{}", version: version))
        let origin = try await worker.origin.connection(1)
        await origin.until(count: 1)
        try await wire.readOn()
        let answer = try await wire.answer()
        #expect(answer.body == body)
        #expect(await wire.ended() == .closed)
        await wire.close()
      }
    }
  }

  // MARK: Nobody's memory

  /// More than all sockets between client and origin hold, and far more than a worker should.
  static let flood = 48 * mebibyte
  /// What the kernel's buffers on the way may hold: Linux gives a socket up to 4 MiB to send and 6 MiB to receive.
  static let inKernel = 24 * mebibyte

  /// Sends a flood until nothing more is taken.
  ///
  /// - Returns: The task, and how much was taken.
  func untilStalled(_ wire: Wire, framed: Bool) async throws -> (Task<Void, any Error>, Int) {
    let taken = Watched(0)
    let task = Task {
      let piece = Self.bytes(Self.mebibyte / 4)
      let framing = framed ? Array("\(String(piece.count, radix: 16))\r\n".utf8) : []
      for _ in 0..<(Self.flood / piece.count) {
        try await wire.send(framing + piece + (framed ? [13, 10] : []))
        taken.update { $0 += piece.count }
      }
      if framed { try await wire.send("0\r\n\r\n") }
    }
    // That nothing happens is no event: it has to be waited out.
    var before = -1
    while before != taken.value {
      before = taken.value
      try await Task.sleep(for: .milliseconds(250))
    }
    return (task, before)
  }

  @Test("E19 what the origin does not read stays with the client", arguments: [true, false])
  func slowOrigin(isChunked: Bool) async throws {
    let gate = Gate()
    try await ProxyWorker.run(script: { wire, _ in
      try await wire.stopReading()
      await gate.pass()
      try await wire.readOn()
      await wire.until(count: Self.flood)
      await wire.until { $0.suffix(5).elementsEqual(Array("0\r\n\r\n".utf8)) || !isChunked }
      try await wire.send(.answer())
      _ = try await wire.request()
    }) { worker in
      try await worker.connection { wire in
        let before = try #require(worker.residentBytes)
        let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(Self.flood)"
        try await wire.send(.request("POST", "/free", fields: [framing]))
        let (task, taken) = try await untilStalled(wire, framed: isChunked)
        #expect(taken < Self.inKernel)
        #expect(try #require(worker.residentBytes) - before < 8 * Self.mebibyte)
        gate.open()
        try await task.value
        #expect(try await wire.answer().status == 200)
      }
    }
  }

  @Test("E19 what the client does not read stays with the origin", arguments: [true, false])
  func slowClient(isChunked: Bool) async throws {
    let stalled = Watched<Int?>(nil)
    try await ProxyWorker.run(script: { wire, _ in
      _ = try await wire.request()
      let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(Self.flood)"
      try await wire.send("HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n")
      let (task, taken) = try await untilStalled(wire, framed: isChunked)
      stalled.update { $0 = taken }
      try await task.value
      _ = try await wire.request()
    }) { worker in
      let wire = try await worker.open()
      try await wire.stopReading()
      let before = try #require(worker.residentBytes)
      try await wire.send(.request())
      let taken = await stalled.wait { $0 != nil } ?? 0
      #expect(taken < Self.inKernel)
      #expect(try #require(worker.residentBytes) - before < 8 * Self.mebibyte)
      try await wire.readOn()
      await wire.until(count: Self.flood)
      #expect(try await wire.answer().body.count == Self.flood)
      await wire.close()
    }
  }

  @Test("replays that nobody reads are not made")
  func unreadReplays() async throws {
    let body = String(repeating: "x", count: 1_000_000)
    // Every replay out of Redis is bytes of its own.
    var options = ProxyWorker.Options()
    options.redisPort = try await SharedRedis.server().port
    let origin = try await RawOrigin.start(RawOrigin.answering { _ in .answer(200, body) })
    try await ProxyWorker.run(origin, options) { worker in
      let call = String.guarded()
      #expect(try await worker.send(call).status == 200)
      let before = try #require(worker.residentBytes)
      let wire = try await worker.open()
      try await wire.stopReading()
      let count = 60
      try await wire.send(String(repeating: call, count: count))
      // That nothing happens is no event.
      try await Task.sleep(for: .milliseconds(500))
      #expect(try #require(worker.residentBytes) - before < 16 * Self.mebibyte)
      try await wire.readOn()
      for _ in 1...count {
        let replay = try await wire.answer()
        #expect(replay.label == "replayed" && replay.body.count == body.utf8.count)
      }
      await wire.close()
      #expect(try worker.origin.requests.count == 1)
    }
  }
}
