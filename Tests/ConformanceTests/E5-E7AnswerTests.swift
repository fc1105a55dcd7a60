import Foundation
import Idempotency
import Testing
@testable import Harness

@Suite("E5–E7: what of an answer is kept", .eachKind, .timeLimit(.minutes(10)))
struct AnswerTests {
  @Test("E5 content fields, Location, ETag, Link and custom fields are kept")
  func kept() async throws {
    try await withCluster { cluster in
      let fields = [
        Field("Content-Type", "application/json"), Field("Content-Language", "de"),
        Field("Content-Disposition", "attachment; filename=\"a b.json\""), Field("Location", "/payments/7?x=%20"),
        Field("ETag", "W/\"abc\""), Field("Link", "</payments/7/refunds>; rel=\"refunds\""), Field("X-Ledger", "42"),
        Field("Cache-Control", "no-cache"), Field("Vary", "Accept"), Field("Retry-After", "3"), Field("x-empty", ""),
        Field("Last-Modified", "Sat, 21 Nov 2026 20:00:00 GMT"),
      ]
      cluster.origin.answers { _ in ScriptedAnswer(201, fields: fields, "{}") }
      let call = Call(key: freshKey())
      let first = try await cluster.send(call)
      #expect(first.keptFields == fields)
      expectReplay(try await cluster.send(call, to: 1), of: first)
    }
  }

  @Test("E5 Date, cookies, challenges and hop-by-hop fields are not, nor those that Connection names")
  func withheld() async throws {
    try await withCluster { cluster in
      let moment = [
        Field("Date", "Mon, 01 Jan 2001 00:00:00 GMT"), Field("Set-Cookie", "session=secret"),
        Field("Set-Cookie", "b=2"),
        Field("WWW-Authenticate", "Basic"), Field("Proxy-Authenticate", "Basic"), Field("Keep-Alive", "timeout=5"),
        Field("Proxy-Connection", "x"), Field("TE", "trailers"), Field("Trailer", "X-Sum"), Field("Upgrade", "h2c"),
        Field("Connection", "X-Hop ,x-other"), Field("X-Hop", "1"), Field("X-OTHER", "2"),
      ]
      cluster.origin.answers { _ in ScriptedAnswer(200, fields: moment + [Field("X-Kept", "3")], "body") }
      let call = Call(key: freshKey())
      let first = try await cluster.sendRaw(call)
      expectExecuted(first, status: 200)
      // The caller of the operation itself gets its cookies.
      #expect(first.values("Set-Cookie") == ["session=secret", "b=2"])
      let second = try await cluster.sendRaw(call, to: 1)
      #expect(second.isReplay)
      for field in moment where field.name != "Date" && field.name != "Connection" {
        #expect(second.values(field.name) == [], "\(field.name)")
      }
      #expect(!second.values("Date").contains("Mon, 01 Jan 2001 00:00:00 GMT"))
      #expect(second.values("X-Kept") == ["3"])
      #expect(second.text == "body")
      let stored = String(decoding: try await cluster.record().bytes, as: UTF8.self)
      #expect(!stored.contains("session=secret"))
    }
  }

  @Test("W13 a replay says to no cache that it is new, nor to a shared one that it may be kept; what forbids stays")
  func caching() async throws {
    try await withCluster { cluster in
      let fields = [
        Field("Cache-Control", "public, max-age=60, s-maxage=600, must-revalidate"), Field("Age", "30"),
        Field("Expires", "Fri, 01 Jan 2100 00:00:00 GMT"), Field("Surrogate-Control", "max-age=600"),
        Field("CDN-Cache-Control", "max-age=600"), Field("X-Accel-Expires", "600"), Field("ETag", "\"7\""),
      ]
      cluster.origin.answers { _ in ScriptedAnswer(200, fields: fields, "body") }
      let call = Call(key: freshKey())
      let first = try await cluster.sendRaw(call)
      expectExecuted(first, status: 200)
      for field in fields { #expect(first.values(field.name) == [field.value], "\(field.name)") }
      let second = try await cluster.sendRaw(call, to: 1)
      #expect(second.isReplay && second.text == "body")
      #expect(second.values("Cache-Control") == ["must-revalidate, max-age=0, private"])
      #expect(second.values("Expires") == ["0"] && second.values("ETag") == ["\"7\""])
      for name in ["Age", "Surrogate-Control", "CDN-Cache-Control", "X-Accel-Expires"] {
        #expect(second.values(name) == [], "\(name)")
      }
      let third = try await cluster.sendRaw(call)
      #expect(third.values("Cache-Control") == second.values("Cache-Control"))
    }
  }

  @Test("E5 a policy may withhold more")
  func withheldByPolicy() async throws {
    try await withCluster(ClusterOptions(policies: [.payments { $0.withheld = ["x-trace"] }])) { cluster in
      cluster.origin.answers { _ in ScriptedAnswer(200, fields: [Field("X-Trace", "1"), Field("X-Traced", "2")], "b") }
      let first = try await cluster.send(Call(key: "k"))
      #expect(first.values("X-Trace") == ["1"])
      let second = try await cluster.send(Call(key: "k"), to: 1)
      #expect(second.values("X-Trace") == [])
      #expect(second.values("X-Traced") == ["2"])
    }
  }

  @Test("E5 Content-Length is that of the stored bytes")
  func contentLength() async throws {
    try await withCluster { cluster in
      cluster.origin.answers(inTurn: [
        ScriptedAnswer(200, "twelve bytes"), ScriptedAnswer(200, body: .stream([.bytes([1, 2]), .bytes([3])])),
      ])
      for (key, length) in [("known", 12), ("unknown", 3)] {
        let call = Call(key: key)
        let first = try await cluster.sendRaw(call)
        expectExecuted(first, status: 200)
        #expect(first.body.count == length)
        let second = try await cluster.sendRaw(call, to: 1)
        #expect(second.values("Content-Length") == ["\(length)"])
        #expect(second.values("Transfer-Encoding") == [])
        #expect(second.body == first.body)
      }
    }
  }

  @Test("E6 repeated fields keep their count and order, their spelling and their neighbours")
  func repeated() async throws {
    try await withCluster { cluster in
      let fields = [
        Field("Link", "<1>; rel=a"), Field("X-B", "1"), Field("link", "<2>; rel=b"), Field("X-B", "2"),
        Field("X-b", "1"),
        Field("Link", "<1>; rel=a"), Field("X-List", "a, b"), Field("X-List", "c"),
      ]
      cluster.origin.answers { _ in ScriptedAnswer(200, fields: fields, "b") }
      let call = Call(key: freshKey())
      let first = try await cluster.sendRaw(call)
      #expect(first.keptFields.filter { $0.name.lowercased() != "content-type" } == fields)
      let second = try await cluster.sendRaw(call, to: 1)
      expectReplay(second, of: first)
      #expect(second.keptFields == first.keptFields)
    }
  }

  @Test("E6 bytes outside ASCII in fields are stored as they are, and replayed as they were given")
  func fieldBytes() async throws {
    try await withCluster { cluster in
      let fields = [
        Field("X-Latin", bytes: [0x63, 0x6C, 0xE9]), Field("X-UTF8", "clé ✓"),
        Field("X-All", bytes: [0x61] + Array(0x80...0xFF) + [0x7A]), Field("X-Tab", bytes: [0x61, 0x09, 0x62]),
        Field("X-Quoted", #"a"b\c"#),
      ]
      cluster.origin.answers { _ in ScriptedAnswer(200, fields: fields, "b") }
      let call = Call(key: freshKey())
      let first = try await cluster.sendRaw(call)
      let second = try await cluster.sendRaw(call, to: 1)
      for field in fields {
        let given = first.fields.filter { $0.name == field.name }
        #expect(second.fields.filter { $0.name == field.name } == given, "\(field.name)")
        // Hummingbird itself sends what is no UTF-8 as U+FFFD; a worker is exact.
        if cluster.kind == .worker || String(validating: field.bytes, as: UTF8.self) != nil {
          #expect(given == [field], "\(field.name)")
        }
      }
      // In the record each byte stands as one scalar.
      let stored = String(decoding: try await cluster.record().bytes, as: UTF8.self)
      for field in fields.prefix(3) {
        let scalars = String(String.UnicodeScalarView(field.bytes.map { Unicode.Scalar($0) }))
        #expect(stored.contains(scalars), "\(field.name)")
      }
    }
  }

  @Test("E7 204, and empty bodies of other statuses", arguments: [204, 200, 201, 202, 205, 303, 400, 404])
  func empty(status: Int) async throws {
    try await withCluster { cluster in
      cluster.origin.answers { _ in ScriptedAnswer(status, fields: [Field("X-Own", "1")]) }
      let call = Call(key: freshKey())
      let first = try await cluster.sendRaw(call)
      expectExecuted(first, status: status)
      #expect(first.body == [])
      let second = try await cluster.sendRaw(call, to: 1)
      expectReplay(second, of: first)
      // RFC 9110 section 8.6: none in a 204.
      if status == 204 { #expect(second.values("Content-Length") == []) }
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("E7 every byte value, at every place")
  func everyByte() async throws {
    try await withCluster { cluster in
      let all = Array(0...255) as [UInt8]
      let bodies = [all, all.reversed(), [0], [0x0A], [0x0A, 0x0A], [0x0D, 0x0A], all + all, [0xFF]] as [[UInt8]]
      for (index, body) in bodies.enumerated() {
        cluster.origin.answers { _ in
          ScriptedAnswer(200, fields: [Field("Content-Type", "application/octet-stream")], body: .bytes(body))
        }
        let first = try await cluster.send(Call(key: "k\(index)"))
        #expect(first.body == body)
        expectReplay(try await cluster.send(Call(key: "k\(index)"), to: 1), of: first)
      }
    }
  }

  @Test("E7 a gzip-encoded body stays as it is encoded")
  func gzip() async throws {
    // `printf 'paid\n' | gzip -n`
    let body: [UInt8] = [
      0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x2B, 0x48, 0xCC, 0x4C, 0xE1, 0x02, 0x00, 0xA6, 0x30,
      0x28, 0x1A, 0x05, 0x00, 0x00, 0x00,
    ]
    try await withCluster { cluster in
      cluster.origin.answers { _ in
        ScriptedAnswer(
          200, fields: [Field("Content-Encoding", "gzip"), Field("Content-Type", "text/plain")], body: .bytes(body))
      }
      let call = Call(key: freshKey(), fields: [Field("Accept-Encoding", "gzip")])
      let first = try await cluster.send(call)
      #expect(first.body == body)
      let second = try await cluster.send(call, to: 1)
      expectReplay(second, of: first)
      #expect(second.values("Content-Encoding") == ["gzip"])
    }
  }

  @Test("E7 a body of unknown length below the limit is kept whole")
  func unknownLength() async throws {
    try await withCluster { cluster in
      let chunks = (0..<20).map { number in Array(repeating: UInt8(number), count: 1_000 + number) }
      cluster.origin.answers { _ in ScriptedAnswer(200, body: .stream(chunks.map { .bytes($0) })) }
      let call = Call(key: freshKey())
      let first = try await cluster.send(call)
      expectExecuted(first, status: 200)
      #expect(first.body == chunks.flatMap { $0 })
      expectReplay(try await cluster.send(call, to: 1), of: first)
      #expect(try await cluster.record().state == "C")
    }
  }
}
