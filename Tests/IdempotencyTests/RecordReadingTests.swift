import Idempotency
import NIOCore
import Testing

/// What other writers may write, and what nobody should have written.
@Suite struct RecordReadingTests {
  func decode(_ rest: String, state: Character = "C") throws -> Record? {
    let text = String(state) + RecordCodecTests.head85.dropFirst() + rest
    return try StoredRecord(bytes: ByteBuffer(string: text))?.decode()
  }

  @Test("Any valid JSON is read: other order, white space, escapes, unknown members, null")
  func foreignWriter() throws {
    let line =
      #" { "n" : 2,"l":null, "x":[1,-0.5e+3,{"y":[true,false,null,"\ud83d\ude00"]}], "s":200 ,"#
      + #""h":[ ["A","\u00e9\/\t\"\\"] , ["B",""] ],"a":12,"w":"\ud83d\ude00","c":13} "#
    let record = try #require(try decode(line + "\nok"))
    let fields = [("A", "\u{E9}/\t\"\\"), ("B", "")]
    #expect(
      record.metadata
        == RecordMetadata(
          worker: "😀", created: 12, completed: 13, status: 200,
          fields: fields.map { .init(name: $0.0, value: $0.1) }))
    #expect(String(buffer: record.body) == "ok")
  }

  @Test("An answer is not withheld for want of w and a")
  func minimal() throws {
    #expect(try decode("{\"s\":204}\n")?.metadata.status == 204)
  }

  @Test(
    "Wrong JSON or a body of another length is unreadable (X14)",
    arguments: [
      "", "\n", "{\"s\":200}", "{\"s\":200}\nx", "{\"s\":200,\"n\":1}\n", "{\"s\":200,\"n\":1}\nxy", "{}\n",
      "{\"s\":200,}\n", "{\"s\":200 \"n\":0}\n", "{\"s\":200}}\n", "[]\n", "{\"s\":20}\n", "{\"s\":1000}\n",
      "{\"s\":2e2}\n", "{\"s\":200.0}\n", "{\"s\":\"200\"}\n", "{\"s\":0200}\n", "{\"s\":200,\"n\":-0x}\n",
      "{\"s\":200,\"a\":99999999999999999999}\n", "{\"s\":200,\"h\":[[\"a\"]]}\n", "{\"s\":200,\"h\":{}}\n",
      "{\"s\":200,\"h\":[[\"a\",\"b\",\"c\"]]}\n", "{\"s\":200,\"w\":\"\\ud800\"}\n", "{\"s\":200,\"w\":\"\\x\"}\n",
      "{\"s\":200,\"w\":\"\u{1}\"}\n", "{\"s\":200,\"w\":\"a}\n", "{\"s\":200,\"x\":tru}\n", "{\"s\":200,\"x\":01}\n",
      "{\"s\":200,\"x\":1.}\n", "{s:200}\n", "{\"s\":200,\"x\":\(String(repeating: "[", count: 100))}\n",
    ])
  func unreadable(_ rest: String) {
    #expect(throws: RecordError.unreadable) { try decode(rest) }
  }

  @Test(
    "W7: a field that would end its line, or that is no field, makes a record unreadable",
    arguments: [
      #"["X","a\r\nSet-Cookie: b"]"#, #"["X","a\n"]"#, #"["X","a\r"]"#, #"["X","\u0000"]"#, #"["X","\u007f"]"#,
      #"["X","\u0100"]"#, #"["X","\ufffd"]"#, #"["X: a\r\nY","b"]"#, #"["","b"]"#, #"["X Y","b"]"#, #"["X:","b"]"#,
    ])
  func fields(_ field: String) throws {
    #expect(throws: RecordError.unreadable) { try decode("{\"s\":200,\"h\":[\(field)]}\n") }
    let good = try decode("{\"s\":200,\"h\":[[\"X\",\"a\\t\u{FF} b\"]]}\n")
    #expect(good?.metadata.fields == [.init(name: "X", value: "a\t\u{FF} b")])
  }

  @Test("W7: such a field is left out when a record is written, and the record is readable")
  func leftOut() throws {
    let fields = [("X", "a\r\nY: b"), ("A", "b"), ("C\n", "d"), ("E", "\u{100}")]
    let metadata = RecordMetadata(
      worker: "w", created: 1, status: 200, fields: fields.map { .init(name: $0.0, value: $0.1) })
    let head = RecordHead(
      state: .completed, token: OwnerToken(high: 1, low: 2), fingerprint: Fingerprint(high: 3, low: 4),
      leaseDeadline: 5, attempt: 1, unknownOutcome: .hold)
    let stored = StoredRecord(Record(head: head, metadata: metadata, body: ByteBuffer()))
    #expect(try stored.decode().metadata.fields == [.init(name: "A", value: "b")])
  }

  @Test("A newer version or form has a head but no replay (X14)")
  func tooNew() throws {
    for (index, letter) in [(82, "2"), (84, "e")] as [(Int, Character)] {
      var text = Array(RecordCodecTests.head85 + "{\"s\":200}\n")
      text[index] = letter
      let stored = try #require(StoredRecord(bytes: ByteBuffer(string: String(text))))
      #expect(stored.head.token == RecordCodecTests.token)
      #expect(throws: RecordError.tooNew) { try stored.decode() }
    }
  }

  @Test("Every byte of the head is tested: no single wrong byte makes another valid head unnoticed (X14)")
  func heads() {
    let valid = Array(RecordCodecTests.record().encoded().readableBytesView)
    for index in 0..<RecordHead.byteCount {
      for byte in [0x00, 0x20, 0x0A, 0x7F, 0xFF] as [UInt8] {
        var bytes = valid
        bytes[index] = byte
        #expect(RecordHead(bytes: ByteBuffer(bytes: bytes)) == nil, "byte \(index) as \(byte)")
      }
    }
    #expect(StoredRecord(bytes: ByteBuffer(bytes: valid.prefix(84))) == nil)
    #expect(StoredRecord(bytes: ByteBuffer()) == nil)
  }

  @Test("Random damage never crashes a reader, and what decodes encodes to what decodes to the same")
  func fuzz() throws {
    var generator = SystemRandomNumberGenerator()
    let valid = Array(RecordCodecTests.record().encoded().readableBytesView)
    for _ in 0..<20_000 {
      var bytes = valid
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: index)
        default: bytes.removeSubrange(index...)
        }
        if bytes.isEmpty { break }
      }
      guard let stored = StoredRecord(bytes: ByteBuffer(bytes: bytes)), let record = try? stored.decode() else {
        continue
      }
      #expect(try StoredRecord(bytes: record.encoded())?.decode() == record)
    }
  }
}
