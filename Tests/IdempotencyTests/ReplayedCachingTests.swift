import NIOCore
import Testing

@testable import Idempotency

@Suite("W13 what a replay says to caches")
struct ReplayedCachingTests {
  /// A value, what is replayed of it where keys belong to callers, and where all share one scope.
  typealias Case = (value: String, forOneCaller: String, forAll: String)

  static let kept = [
    "no-store", "no-cache", "private", "No-Cache,no-store ,  max-age=0, must-revalidate",
    "max-age=0, private, must-revalidate", "private, no-transform, proxy-revalidate", "private, max-age=\"0\"",
  ]

  static let cases: [Case] = [
    ("max-age=60", "max-age=0, private", "max-age=0"),
    ("public, max-age=60", "max-age=0, private", "public, max-age=0"),
    ("PUBLIC", "max-age=0, private", "PUBLIC"),
    ("s-maxage=60", "max-age=0, private", "max-age=0"),
    ("max-age=60, must-revalidate", "must-revalidate, max-age=0, private", "must-revalidate, max-age=0"),
    ("private, max-age=600, immutable", "private, max-age=0", "private, max-age=0"),
    ("no-store, public", "no-store", "no-store, public"),
    ("no-store, must-understand", "no-store", "no-store"),
    ("no-cache, stale-if-error=9", "no-cache", "no-cache"),
    ("community=\"UCI\"", "max-age=0, private", "max-age=0"),
    ("max-age=00", "max-age=0, private", "max-age=0"),
    ("max-age", "max-age=0, private", "max-age=0"),
    ("max-age=0", "max-age=0, private", "max-age=0"),
    ("must-revalidate", "must-revalidate, private", "must-revalidate"),
    // With names of fields they are about those alone.
    ("private=\"x-a, x-b\"", "private=\"x-a, x-b\", private", "private=\"x-a, x-b\""),
    (
      "no-cache=\"set-cookie\", max-age=9", "no-cache=\"set-cookie\", max-age=0, private",
      "no-cache=\"set-cookie\", max-age=0"
    ),
    // What is hardly a list.
    ("", "private", ""),
    (" , ,", "private", " , ,"),
    ("private, \"no-store", "private, max-age=0", "private, max-age=0"),
    ("private, x=\"a\\\", no-store", "private, max-age=0", "private, max-age=0"),
    ("\u{E9}=1, private", "private, max-age=0", "private, max-age=0"),
  ]

  @Test("of the directives what forbids is kept, and what grants is not", arguments: cases)
  func directives(_ value: String, _ forOneCaller: String, _ forAll: String) {
    expect(value, becomes: forOneCaller, isForOneCaller: true)
    expect(value, becomes: forAll, isForOneCaller: false)
  }

  @Test("what only forbids is kept byte for byte", arguments: kept)
  func forbidding(_ value: String) {
    for isForOneCaller in [true, false] { expect(value, becomes: value, isForOneCaller: isForOneCaller) }
  }

  private func expect(_ value: String, becomes wanted: String, isForOneCaller: Bool) {
    let field = RecordMetadata.Field(name: "Cache-CONTROL", value: value)
    #expect(ReplayedCaching.isKeptWhole(field, isForOneCaller: isForOneCaller) == (wanted == value))
    let replayed = ReplayedCaching.replayed(field, isForOneCaller: isForOneCaller)
    #expect(replayed == .init(name: "Cache-CONTROL", value: wanted))
    // What was stored like that is replayed like that.
    #expect(ReplayedCaching.isKeptWhole(replayed, isForOneCaller: isForOneCaller))
  }

  private static let fields = [
    ("Cache-Control", "public, s-maxage=60"), ("AGE", "3"), ("expires", "Fri, 01 Jan 2100 00:00:00 GMT"),
    ("Surrogate-Control", "a"), ("CDN-Cache-Control", "b"), ("Akamai-Cache-Control", "c"), ("a-cache-controL", "d"),
    ("Some-CDN-Cache-Control", "e"), ("X-Accel-Expires", "f"), ("Edge-Control", "g"), ("X-Cache-Controls", "kept"),
    ("Expires-At", "kept"),
  ]

  @Test("the first answer is the origin's; replays of any scope grant nothing, and of a caller's are private")
  func replays() {
    let scopes: [([ScopeEntry], String)] = [
      ([.principal], "max-age=0, private"), ([.header("x-tenant")], "max-age=0, private"), ([], "public, max-age=0"),
      ([.path, .authority], "public, max-age=0"),
    ]
    for (scope, expected) in scopes {
      let bench = HTTPExchangeBench { $0.scope = scope }
      let first = bench.request(.answered(200, Self.fields)).answer
      for (name, value) in Self.fields { #expect(first.values(name) == [value]) }
      let replay = bench.request(.answered(500)).answer
      #expect(
        replay.fields.dropLast().map { "\($0.name): \($0.value)" } == [
          "Cache-Control: \(expected)", "expires: 0", "X-Cache-Controls: kept", "Expires-At: kept",
        ])
      // It is stored so, and an answer without such fields is replayed as it was stored.
      #expect(bench.record?.metadata.fields.count == 4)
    }
  }

  @Test("a record that says more, as another program or an earlier version wrote it, is replayed so, too")
  func otherRecord() throws {
    let bench = HTTPExchangeBench()
    _ = bench.request(.answered(200))
    var record = try #require(bench.record)
    record.metadata.fields = [
      .init(name: "Cache-Control", value: "public, max-age=9"), .init(name: "Age", value: "8"),
      .init(name: "X", value: "1"),
    ]
    bench.table.put(record.encoded(), under: HTTPExchangeBench.key, expires: 1_700_000_100_000)
    let replay = bench.request(.answered(500)).answer
    #expect(replay.summary == "replayed 200")
    #expect(replay.values("Cache-Control") == ["max-age=0, private"])
    #expect(replay.values("Age") == [] && replay.values("X") == ["1"])
  }
}
