import IdempotencyTesting
import NIOCore

@testable import Idempotency

extension SeededRandom {
  mutating func recordHead() -> RecordHead {
    var head = RecordHead(
      state: pick([.reserved, .completed, .notRetained, .uncertain, .free]),
      token: OwnerToken(high: next(), low: next()),
      fingerprint: chance(20) ? Fingerprint(high: 0, low: 0) : Fingerprint(high: next(), low: next()),
      leaseDeadline: Int64(below(10_000_000_000_000)), attempt: below(10_000),
      unknownOutcome: pick(UnknownOutcome.allCases))
    if chance(10) { head.version = UInt8(0x21 + below(94)) }
    if chance(10) { head.form = UInt8(0x21 + below(94)) }
    return head
  }

  /// A value of one line, each scalar a byte.
  private mutating func fieldValue(upTo count: Int) -> String {
    let scalars = text(upTo: count, below: 0x100).unicodeScalars
    return String(String.UnicodeScalarView(scalars.filter { $0.value >= 0x20 && $0.value != 0x7F || $0 == "\t" }))
  }

  /// A record that a writer may make: an answer, that is a status, where there is a body or the state is completed.
  mutating func record() -> Record {
    let head = recordHead()
    let isAnswer = head.state == .completed || chance(30)
    var metadata = RecordMetadata(
      worker: text(upTo: 12), created: integer(), completed: chance(50) ? integer() : nil,
      status: isAnswer ? 100 + below(900) : nil, originTimeout: chance(30) ? integer() : nil,
      lateAnswer: chance(30) ? integer() : nil)
    metadata.fields = some(upTo: 6) {
      .init(name: $0.pick(["X-A", "etag", "Location", "a_b", "1"]), value: $0.fieldValue(upTo: 20))
    }
    let body = isAnswer ? ByteBuffer(bytes: bytes(upTo: 60)) : ByteBuffer()
    var record = Record(head: head, metadata: metadata, body: body)
    // As a later version would write it.
    (record.head.version, record.head.form) = (head.version, head.form)
    return record
  }

  /// The line of a record with other spellings: white space, order, members of later versions.
  mutating func recordLine(bodyLength: Int) -> String {
    let members = [
      "\"w\":\"n\\u00e91\\ud83d\\ude00\"", "\"a\":\(integer())", "\"s\":\(100 + below(900))", "\"c\":null",
      "\"h\":[ [ \"a.b\" , \"\\t\u{FF}\" ] ]", "\"z\":{\"a\":[1.5e-3,true,null,\"\\\"\"]}", "\"n\":\(bodyLength)",
    ]
    let gap = pick(["", " ", "\t\r"])
    return "{" + gap + members.shuffled(using: &self).joined(separator: gap + "," + gap) + gap + "}\n"
  }
}
