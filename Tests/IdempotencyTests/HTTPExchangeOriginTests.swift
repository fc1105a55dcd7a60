import NIOCore
import Testing

@testable import Idempotency

@Suite struct HTTPExchangeOriginTests {
  @Test("What a replay keeps and what it leaves out (E5)")
  func kept() {
    let bench = HTTPExchangeBench { $0.withheld = ["x-secret"] }
    let kept = [
      ("Content-Type", "text/plain"), ("Content-Encoding", "gzip"), ("Content-Language", "de"),
      ("Content-Disposition", "inline"), ("Location", "/7"), ("ETag", "\"7\""), ("Link", "</>"), ("X-Custom", "\u{E9}"),
    ]
    let left = [
      ("Date", "now"), ("Set-Cookie", "a=b"), ("WWW-Authenticate", "Basic"), ("Proxy-Authenticate", "Basic"),
      ("Connection", "close, X-Hop ,x-hop-2"), ("X-Hop", "1"), ("x-hop-2", "2"), ("Keep-Alive", "5"), ("TE", "gzip"),
      ("Trailer", "X"), ("Transfer-Encoding", "chunked"), ("Upgrade", "h2c"), ("Proxy-Connection", "close"),
      ("Content-Length", "6"), ("X-Secret", "s"),
    ]
    let first = bench.request(.answered(200, kept + left)).answer
    for (name, value) in kept + left { #expect(first.values(name) == [value], "the first answer has \(name)") }
    let replay = bench.request(.answered(500)).answer
    #expect(replay.fields.dropLast().map { "\($0.name)=\($0.value)" } == kept.map { "\($0.0)=\($0.1)" })
  }

  @Test("Repeated fields keep count and order (E6)")
  func repeated() {
    let bench = HTTPExchangeBench()
    _ = bench.request(.answered(200, [("Link", "1"), ("X", "a"), ("link", "2"), ("Link", "3")]))
    #expect(bench.request(.answered(500)).answer.values("Link") == ["1", "2", "3"])
  }

  @Test("204 and every byte value are exact (E7)")
  func exact() {
    let bench = HTTPExchangeBench()
    let bytes = ByteBuffer(bytes: (0...255).map { UInt8($0) })
    _ = bench.request(.answered(OriginAnswer(status: 200, fields: [], body: bytes)))
    #expect(bench.request(.answered(500)).answer.body == .bytes(bytes))
    let empty = HTTPExchangeBench()
    _ = empty.request(.answered(OriginAnswer(status: 204, fields: [], body: ByteBuffer())))
    let replay = empty.request(.answered(500)).answer
    #expect(replay.summary == "replayed 204")
    #expect(replay.body == .bytes(ByteBuffer()))
  }

  @Test("Fields of this layer that come from an origin are removed, from the first answer too (A6)")
  func layerFields() {
    let bench = HTTPExchangeBench()
    let fields = [
      ("Idempotency-Status", "executed"), ("Idempotent-Replayed", "true"), ("Idempotency-Stored", "pending"),
      ("Idempotency-Result", "none"), ("Idempotency-Retention", "120"), ("idempotency-status", "replayed"),
    ]
    let first = bench.request(.answered(200, fields)).answer
    #expect(first.fields == [])
    #expect(first.values("idempotency-status") == ["executed"])
    #expect(bench.request(.answered(500)).answer.values("idempotency-status") == ["replayed"])
  }

  @Test(
    "An origin with a layer of its own that does not know gave no answer; it is never stored (A6)",
    arguments: [
      "in-progress", "uncertain", "failed",
    ])
  func ownLayer(_ status: String) {
    for fields in [
      [("Idempotency-Status", status)], [("Idempotency-Status", "executed"), ("Idempotency-Status", status)],
    ] {
      let hold = HTTPExchangeBench()
      let first = hold.request(.answered(409, fields)).answer
      #expect(first.summary == "uncertain 409")
      #expect(first.text == "answer")
      #expect(hold.record?.head.state == .uncertain)

      let store = HTTPExchangeBench(.store)
      let given = store.request(.answered(409, fields)).answer
      #expect(given.summary == "executed 502")
      #expect(given.problemType == "origin-failed")
      let replay = store.request(.answered(200)).answer
      #expect(replay.summary == "replayed 502")
      #expect(replay.text == given.text)
    }
  }

  @Test(
    "An origin's layer that gives a final answer is an answer like any other (A6)",
    arguments: [
      "executed", "replayed", "released", "mismatch", "not-retained", "rejected",
    ])
  func ownFinal(_ status: String) {
    let bench = HTTPExchangeBench()
    #expect(bench.request(.answered(200, [("Idempotency-Status", status)])).answer.summary == "executed 200")
  }

  @Test("Idempotency-Result comes before the status, in any letter case")
  func result() {
    let released = HTTPExchangeBench()
    #expect(released.request(.answered(200, [("Idempotency-Result", "RELEASE")])).answer.summary == "released 200")
    let unknown = HTTPExchangeBench()
    #expect(unknown.request(.answered(502, [("Idempotency-Result", "release")])).answer.summary == "released 502")
    let stream = HTTPExchangeBench()
    #expect(stream.request(.answered(200, [("Idempotency-Result", "stream")])).answer.summary == "executed 200")
    #expect(stream.record?.head.state == .notRetained)
    // Only an answer that would be stored becomes T.
    let broken = HTTPExchangeBench()
    #expect(broken.request(.answered(502, [("Idempotency-Result", "stream")])).answer.summary == "uncertain 502")
    #expect(broken.record?.head.state == .uncertain)
  }

  @Test(
    "Event streams and multipart/x-mixed-replace are not retained (E16)",
    arguments: [
      "text/event-stream; charset=utf-8", "Multipart/X-Mixed-Replace;boundary=x",
    ])
  func streams(_ type: String) {
    let bench = HTTPExchangeBench()
    #expect(bench.request(.answered(200, [("Content-Type", type)], body: nil)).answer.summary == "executed 200")
    #expect(bench.request(.answered(200)).answer.summary == "not-retained 409")
  }

  @Test(
    "Idempotency-Retention in seconds, at least two leases; what is no positive integer is ignored",
    arguments: [
      ("120", 120_000), ("59", 60_000), ("0", 86_400_000), ("-5", 86_400_000), ("+90", 86_400_000),
      ("1.5", 86_400_000), ("soon", 86_400_000), ("", 86_400_000), ("9999999999", 9_999_999_999_000),
      ("99999999999999999999999", 9_999_999_999_000), ("000", 86_400_000),
    ] as [(String, Int64)])
  func retention(_ value: String, _ milliseconds: Int64) {
    let bench = HTTPExchangeBench()
    _ = bench.request(.answered(200, [("Idempotency-Retention", value)]))
    #expect(bench.table.timeToLive(of: HTTPExchangeBench.key, now: 1_700_000_000_000) == milliseconds)
  }
}
