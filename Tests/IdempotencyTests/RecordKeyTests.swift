import IdempotencyTesting
import NIOCore
import Testing

@testable import Idempotency

@Suite("Records' names: what is made can be read, and what differs stays apart")
struct RecordKeyTests {
  private static let scope = "0123456789abcdef0123456789abcdef"

  @Test(
    "F8 a part that holds a separator, or breaks its alphabet, makes no key",
    arguments: [
      ("k:x", "-", "z", RecordKeyError.keyspace), ("", "-", "z", .keyspace), ("k~", "-", "z", .keyspace),
      (String(repeating: "k", count: 65), "-", "z", .keyspace), ("ké", "-", "z", .keyspace),
      ("k%3A", "-", "z", .keyspace),
      ("k", "x:y", "z", .scope), ("k", "x", "z", .scope), ("k", "", "z", .scope), ("k", "--", "z", .scope),
      ("k", "0123456789ABCDEF0123456789abcdef", "z", .scope), ("k", scope + "0", "z", .scope),
      ("k", "-", "y:z", .clientKey), ("k", "-", "arn:aws:sqs:eu-west-1:1:q", .clientKey), ("k", "-", "", .clientKey),
      ("k", "-", "a b", .clientKey), ("k", "-", "é", .clientKey), ("k", "-", "%", .clientKey),
      ("k", "-", "%3", .clientKey),
      ("k", "-", "%3a", .clientKey), ("k", "-", "%c3%A9", .clientKey), ("k", "-", "%41", .clientKey),
      ("k", "-", "%zz", .clientKey), ("k", "-", "a\n", .clientKey),
      ("k", "-", String(repeating: "a", count: 766), .clientKey),
    ])
  func refused(keyspace: String, scope: String, clientKey: String, reason: RecordKeyError) {
    #expect(throws: reason) { try RecordKey(keyspace: keyspace, scope: scope, clientKey: clientKey) }
    #expect(RecordKey("\(keyspace):\(scope):\(clientKey)") == nil)
  }

  @Test(
    "Every key that can be made is read back from its name",
    arguments: [
      ("k", "-", "z"), ("A.b_c-1", scope, "a~b._-Z"), (String(repeating: "k", count: 64), "-", "arn%3Aaws%3Asqs"),
      ("k", "-", String(repeating: "%C3", count: 255)), ("-", "-", "-"), ("k", scope, "%25%20%0A%00%FF"),
    ])
  func readBack(keyspace: String, scope: String, clientKey: String) throws {
    let key = try RecordKey(keyspace: keyspace, scope: scope, clientKey: clientKey)
    #expect(key.description == "\(keyspace):\(scope):\(clientKey)")
    #expect(RecordKey(key.description) == key)
  }

  @Test("A key of a client is made as it is, and refused only for its keyspace")
  func ofClients() throws {
    let client = try IdempotencyKey("arn:aws:sqs é 100%")
    let key = try RecordKey(keyspace: "jobs", key: client)
    #expect(key.description == "jobs:-:arn%3Aaws%3Asqs%20%C3%A9%20100%25")
    #expect(RecordKey(key.description) == key)
    #expect(throws: RecordKeyError.keyspace) { try RecordKey(keyspace: "jobs:1", key: client) }
  }

  @Test("F8 10,000 random triples: what differs has another name, and every name is read back")
  func triples() throws {
    struct Triple: Hashable {
      let keyspace: String
      let scope: String
      let key: IdempotencyKey
    }
    let alphabet = [
      ":", "%", "%3A", "%3a", "%253A", "3A", "-", ".", "_", "~", "a", "A", " ", "\u{0}", "é", "e\u{301}", "🔑", "/", "{",
      "}",
    ]
    var random = SeededRandom(seed: 1)
    var names: [String: Triple] = [:]
    var made = 0
    while made < 10_000 {
      guard let client = try? IdempotencyKey(random.text(of: alphabet, count: 1...4)) else { continue }
      made += 1
      let keyspace = random.text(of: ["a", "b", ".", "-", "_", ":"], count: 1...3)
      let scope = random.pick([Scope.empty, Scope(entries: [("x", random.pick(alphabet))], pepper: .default)])
      let triple = Triple(keyspace: keyspace, scope: scope.text, key: client)
      guard let key = try? RecordKey(keyspace: keyspace, scope: scope, key: client) else {
        #expect(keyspace.contains(":"))
        continue
      }
      #expect(try RecordKey(keyspace: keyspace, scope: scope.text, clientKey: client.escaped) == key)
      #expect(RecordKey(key.description) == key)
      #expect(names.updateValue(triple, forKey: key.description).map { $0 == triple } ?? true)
    }
    #expect(names.count > 2_000)
  }

  @Test("F8 a name is read exactly where its three parts make it")
  func texts() {
    let pieces = ["k", "-", ":", Self.scope, "%3A", "%3a", "%", "a", "~", "é", " ", "F", "%41"]
    var random = SeededRandom(seed: 2)
    var read = 0
    for _ in 0..<20_000 {
      // Three parts as a rule, of one piece or two.
      let text =
        random.chance(70)
        ? (0..<3).map { _ in random.text(of: pieces, count: 1...2) }.joined(separator: ":")
        : random.text(of: pieces, count: 3...7)
      let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      let made =
        parts.count == 3 ? try? RecordKey(keyspace: parts[0], scope: parts[1], clientKey: parts[2]) : nil
      #expect(RecordKey(text) == made)
      if made != nil { read += 1 }
    }
    #expect(read > 20)
  }
}
