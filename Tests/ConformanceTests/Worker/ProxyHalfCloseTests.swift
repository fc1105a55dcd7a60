import Foundation
import NIOCore
import NIOSSL
import Testing

@testable import IdempotencyTesting
@testable import Harness

/// Clients that say their end behind their last request and go on reading, as `nc -N` and some HTTP/1.0 clients do.
@Suite("W1 worker: clients that send no more, and go on reading", .timeLimit(.minutes(10)))
struct ProxyHalfCloseTests {
  /// A request of each kind: `/pay` is guarded, `/free` is not.
  static let routes = ["/pay", "/free"]

  func post(_ route: String, key: String = freshKey(), fields: [String] = [], body: String = "{}") -> String {
    .request("POST", route, fields: ["Idempotency-Key: \"\(key)\""] + fields, body: body)
  }

  func chunked(_ route: String, key: String = freshKey()) -> String {
    "POST \(route) HTTP/1.1\r\nHost: a\r\nIdempotency-Key: \"\(key)\"\r\nTransfer-Encoding: chunked\r\n\r\n"
      + "2\r\n{}\r\n0\r\n\r\n"
  }

  /// Waits until the worker has dealt with what came before on other connections: its event loops have answered since.
  func settle(_ worker: ProxyWorker) async throws {
    for _ in 1...8 { _ = try await worker.send(.request("GET", "/probe")) }
  }

  /// An origin that answers a request at once, but those of this target when the gate is open.
  func origin(holding target: String, _ gate: Gate) -> RawOrigin.Script {
    { wire, _ in
      while let request = try await wire.request() {
        if request.target == target { await gate.pass() }
        try await wire.send(.answer())
      }
    }
  }

  @Test("W1 a request and the end in one go: the whole answer, and then the worker ends too", arguments: routes)
  func atOnce(route: String) async throws {
    try await ProxyWorker.run { worker in
      for request in [post(route), chunked(route)] {
        try await worker.connection { wire in
          try await wire.send(request)
          try await wire.endSending()
          let answer = try await wire.answer()
          #expect(answer.status == 200 && answer.text == "ok")
          #expect(await wire.ended() == .closed)
        }
      }
      #expect(try worker.origin.requests.count == 2)
    }
  }

  @Test("W1 the end comes while the origin works: the whole answer, executed and replayed", arguments: routes)
  func whileRunning(route: String) async throws {
    let gate = Gate()
    try await ProxyWorker.run(script: origin(holding: route, gate)) { worker in
      let key = freshKey()
      try await worker.connection { wire in
        try await wire.send(post(route, key: key))
        await gate.reached()
        try await wire.endSending()
        try await settle(worker)
        #expect(wire.end == nil)
        gate.open()
        let answer = try await wire.answer()
        #expect(answer.status == 200 && answer.text == "ok")
        #expect(answer.label == (route == "/pay" ? "executed" : "ignored"))
        #expect(answer["Connection"] == "close")
        #expect(await wire.ended() == .closed)
      }
      guard route == "/pay" else { return }
      try await worker.connection { wire in
        try await wire.send(post(route, key: key))
        try await wire.endSending()
        #expect(try await wire.answer().label == "replayed")
        #expect(await wire.ended() == .closed)
      }
      #expect(try worker.origin.requests.filter { $0.target == "/pay" }.count == 1)
    }
  }

  @Test("W1 answers in chunks, and those that end with the connection, are whole", arguments: routes)
  func framings(route: String) async throws {
    let body = String(repeating: "x", count: 100_000)
    try await ProxyWorker.run(answers: { _ in .chunked([body, "y"]) }) { worker in
      for version in ["HTTP/1.1", "HTTP/1.0"] {
        try await worker.connection { wire in
          try await wire.send(
            .request("POST", route, fields: ["Idempotency-Key: \"\(freshKey())\""], body: "{}", version: version))
          try await wire.endSending()
          #expect(try await wire.answer().text == body + "y")
          #expect(await wire.ended() == .closed)
        }
      }
    }
  }

  @Test("W1 an answer that the client takes long to read is whole", arguments: routes)
  func slowReader(route: String) async throws {
    let body = String(repeating: "x", count: 900_000)
    try await ProxyWorker.run(answers: { _ in .answer(200, body) }) { worker in
      let wire = try await worker.open(receiveBuffer: 16_384)
      try await wire.stopReading()
      // More than all buffers on the way take.
      try await wire.send((1...12).map { _ in post(route) }.joined())
      try await wire.endSending()
      try await settle(worker)
      try await wire.readOn()
      for _ in 1...12 { #expect(try await wire.answer().text == body) }
      #expect(await wire.ended() == .closed)
      await wire.close()
    }
  }

  @Test("W1 every pipelined request before the end is answered, and half a one behind them is none")
  func pipelined() async throws {
    let gate = Gate()
    try await ProxyWorker.run(script: origin(holding: "/free", gate)) { worker in
      try await worker.connection { wire in
        try await wire.send(post("/free") + post("/pay") + chunked("/pay") + String(post("/pay").dropLast()))
        try await wire.endSending()
        await gate.reached()
        try await settle(worker)
        gate.open()
        for label in ["ignored", "executed", "executed"] { #expect(try await wire.answer().label == label) }
        #expect(await wire.ended() == .closed)
        #expect(try worker.origin.requests.filter { $0.target != "/probe" }.count == 3)
      }
    }
  }

  static let halves: [(name: String, text: String)] = [
    ("nothing", ""), ("an empty line", "\r\n"), ("half a line", "POST /pa"),
    ("half a head", "POST /pay HTTP/1.1\r\nHost: a\r\n"),
    ("no body", "POST /pay HTTP/1.1\r\nHost: a\r\nIdempotency-Key: \"k\"\r\nContent-Length: 2\r\n\r\n"),
    ("half a body", "POST /pay HTTP/1.1\r\nHost: a\r\nIdempotency-Key: \"k\"\r\nContent-Length: 2\r\n\r\n{"),
    (
      "no last chunk",
      "POST /pay HTTP/1.1\r\nHost: a\r\nIdempotency-Key: \"k\"\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"
    ),
    (
      "half a trailer",
      "POST /pay HTTP/1.1\r\nHost: a\r\nIdempotency-Key: \"k\"\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: "
    ),
    (
      "no body behind Expect",
      "POST /pay HTTP/1.1\r\nHost: a\r\nIdempotency-Key: \"k\"\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    ),
  ]

  @Test("W1 half a request is none: nothing of a guarded one comes to the origin, and the connection ends")
  func half() async throws {
    try await ProxyWorker.run { worker in
      for half in Self.halves {
        try await worker.connection { wire in
          try await wire.send(half.text)
          try await wire.endSending()
          #expect(await wire.ended() == .closed, "\(half.name)")
          #expect(!wire.text.contains("200 OK"), "\(half.name)")
        }
      }
      #expect(worker.origin.bytesReceived == 0)
      // Its key is free.
      #expect(try await worker.send(post("/pay", key: "k")).label == "executed")
    }
  }

  @Test("W1 half a body of an unguarded request is not made a whole one at the origin", arguments: ["2", "chunked"])
  func halfUnguarded(framing: String) async throws {
    try await ProxyWorker.run { worker in
      try await worker.connection { wire in
        let field = framing == "2" ? "Content-Length: 2\r\n\r\n{" : "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"
        try await wire.send("POST /free HTTP/1.1\r\nHost: a\r\n" + field)
        let origin = try await worker.origin.connection(1)
        try await origin.until("{")
        try await wire.endSending()
        await origin.ended()
        #expect(await wire.ended() == .closed && wire.received.isEmpty)
      }
      #expect(try worker.origin.audit().requests.isEmpty)
    }
  }

  @Test("W1 who would wait for another's operation is told at once that it runs: it may have gone")
  func waiting() async throws {
    let gate = Gate()
    let origin = try await RawOrigin.start(origin(holding: "/pay", gate))
    try await ProxyWorker.run(origin, .init(policy: ["onInProgress: wait", "waitUpTo: 10m"])) { worker in
      let call = post("/pay")
      let first = try await worker.open()
      try await first.send(call)
      await gate.reached()

      // Before it waits, and while it does.
      for waitsFirst in [false, true] {
        try await worker.connection { wire in
          try await wire.send(call)
          if waitsFirst {
            try await settle(worker)
            #expect(wire.received.isEmpty)
          }
          try await wire.endSending()
          let answer = try await wire.answer()
          #expect(answer.status == 409 && answer.label == "in-progress" && answer["Retry-After"] != nil)
          #expect(await wire.ended() == .closed)
        }
      }
      // Others wait on.
      let other = try await worker.open()
      try await other.send(call)
      try await settle(worker)
      gate.open()
      #expect(try await first.answer().label == "executed")
      #expect(try await other.answer().label == "replayed")
      await first.close()
      await other.close()
      #expect(try worker.origin.requests.filter { $0.target == "/pay" }.count == 1)
    }
  }

  @Test("W1 one that has gone is noticed when its answer is written, and the origin is let go")
  func gone() async throws {
    try await ProxyWorker.run(script: { wire, _ in
      _ = try await wire.request()
      try await wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
      while wire.end == nil {
        await wire.offer(Array("data: x\n\n".utf8))
        try await Task.sleep(for: .milliseconds(5))
      }
    }) { worker in
      let wire = try await worker.open()
      try await wire.send(.request())
      try await wire.until("data: x")
      await wire.close()
      await (try worker.origin.connection(1)).ended()
    }
  }

  @Test("W1 over a Unix socket it is the same", arguments: routes)
  func unixSocket(route: String) async throws {
    let path = "/tmp/proxy-\(UInt32.random(in: 0...UInt32.max)).sock"
    try await ProxyWorker.run(try await RawOrigin.start(), .init(listen: "unix:\(path)")) { worker in
      try await worker.connection { wire in
        try await wire.send(post(route))
        try await wire.endSending()
        #expect(try await wire.answer().text == "ok")
        #expect(await wire.ended() == .closed)
      }
    }
  }

  @Test("W1 over TLS the end is a close notification", arguments: routes)
  func tls(route: String) async throws {
    let directory = "/tmp/proxy-tls-\(UInt32.random(in: 0...UInt32.max))"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let certificate = try await TestCertificate.make(in: directory)
    var client = TLSConfiguration.makeClientConfiguration()
    client.trustRoots = .file(certificate.certificatePath)
    let context = try NIOSSLContext(configuration: client)
    let gate = Gate()
    let options = ProxyWorker.Options(flags: ProxyTLSTests.listener(certificate))
    try await ProxyWorker.run(try await RawOrigin.start(origin(holding: route, gate)), options) { worker in
      let wire = try await worker.open(tls: context)
      try await wire.send(post(route))
      await gate.reached()
      try await wire.endSending()
      let probe = try await worker.open(tls: context)
      for _ in 1...8 {
        try await probe.send(.request("GET", "/probe"))
        #expect(try await probe.answer().status == 200)
      }
      #expect(wire.end == nil)
      gate.open()
      #expect(try await wire.answer().text == "ok")
      #expect(await wire.ended() == .closed)
      await probe.close()
      // Half a body and a close notification.
      let half = try await worker.open(tls: context)
      try await half.send(String(post(route).dropLast()))
      try await half.endSending()
      #expect(await half.ended() == .closed && half.received.isEmpty)
    }
  }
}
