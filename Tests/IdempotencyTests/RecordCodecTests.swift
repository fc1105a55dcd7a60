import Idempotency
import NIOCore
import Testing

@Suite struct RecordCodecTests {
  static let token = OwnerToken("0123456789abcdef0123456789abcdef")!
  static let fingerprint = Fingerprint("fedcba9876543210fedcba9876543210")!

  static func record(_ state: RecordState = .completed) -> Record {
    let head = RecordHead(
      state: state, token: token, fingerprint: fingerprint, leaseDeadline: 1_700_000_000_123, attempt: 7,
      unknownOutcome: .hold)
    let metadata = RecordMetadata(
      worker: "node-1", created: 1_700_000_000_000, completed: 1_700_000_000_456, status: 201,
      fields: [.init(name: "Content-Type", value: "text/plain"), .init(name: "X-A", value: "q\"\\\u{E9}")],
      originTimeout: 30_000, lateAnswer: 300_000)
    return Record(head: head, metadata: metadata, body: ByteBuffer(string: "body\nbody"))
  }

  static let head85 =
    "C0123456789abcdef0123456789abcdeffedcba9876543210fedcba98765432101700000000123" + "00071h-"

  @Test("A record is readable as text: head, one line of JSON in the fixed order, body")
  func layout() {
    let text = String(buffer: Self.record().encoded())
    let line =
      #"{"w":"node-1","a":1700000000000,"c":1700000000456,"s":201,"#
      + #""h":[["Content-Type","text/plain"],["X-A","q\"\\é"]],"n":9,"o":30000,"l":300000}"#
    #expect(text == Self.head85 + line + "\nbody\nbody")
    #expect(Self.head85.utf8.count == RecordHead.byteCount)
  }

  @Test("What is absent is left out, n without a status too")
  func absent() {
    var record = Self.record(.reserved)
    record.metadata = RecordMetadata(worker: "w", created: 1)
    record.body = ByteBuffer()
    #expect(String(buffer: record.encoded()).hasSuffix("h-{\"w\":\"w\",\"a\":1}\n"))
  }

  @Test("Encoded and decoded, a record is the same", arguments: RecordState.allCases, UnknownOutcome.allCases)
  func roundTrip(state: RecordState, choice: UnknownOutcome) throws {
    var record = Self.record(state)
    record.head.unknownOutcome = choice
    // Every byte that a field's value may have.
    for byte in 0...255 as ClosedRange<UInt8> where byte >= 0x20 && byte != 0x7F || byte == 0x09 {
      record.metadata.fields.append(.init(name: "X", value: String(Unicode.Scalar(byte))))
    }
    record.body = ByteBuffer(bytes: UInt8.min...UInt8.max)
    let stored = try #require(StoredRecord(bytes: record.encoded()))
    #expect(stored.head == record.head)
    #expect(try stored.decode() == record)
    #expect(stored.bytes.readableBytesView.dropLast(256).filter { $0 == 0x0A }.count == 1)
  }

  @Test("Tokens and fingerprints are 32 lower-case digits and nothing else")
  func hexadecimal() {
    let random = OwnerToken.random()
    #expect(OwnerToken(random.description) == random)
    #expect(random.description.utf8.count == 32)
    var buffer = ByteBuffer()
    random.write(into: &buffer)
    #expect(OwnerToken(bytes: buffer) == random)
    #expect(String(buffer: buffer) == random.description)
    #expect(Fingerprint.any.description == String(repeating: "0", count: 32))
    for wrong in ["", "0", "0123456789ABCDEF0123456789abcdef", "0123456789abcdef0123456789abcdeg"] {
      #expect(OwnerToken(wrong) == nil)
      #expect(Fingerprint(bytes: ByteBuffer(string: wrong)) == nil)
    }
    #expect(OwnerToken(random.description + "0") == nil)
  }

  @Test("Deadline and attempt are cut to what their digits can write")
  func clamped() throws {
    var head = Self.record().head
    for (deadline, attempt) in [(-5, -1), (Int64.max, Int.max)] as [(Int64, Int)] {
      head.leaseDeadline = deadline
      head.attempt = attempt
      var buffer = ByteBuffer()
      head.write(into: &buffer)
      let read = try #require(RecordHead(bytes: buffer))
      #expect(read.leaseDeadline == (deadline < 0 ? 0 : 9_999_999_999_999))
      #expect(read.attempt == (attempt < 0 ? 0 : 9999))
    }
  }

  @Test("A buffer that holds other bytes before the record is only appended to, and read from where it begins")
  func offsets() throws {
    var buffer = ByteBuffer(string: "before")
    Self.record().write(into: &buffer)
    buffer.moveReaderIndex(forwardBy: 6)
    #expect(try StoredRecord(bytes: buffer)?.decode() == Self.record())
  }
}
