import IdempotencyTesting
import NIOCore
import Testing

@testable import Idempotency

@Suite("Records: what is written is read back, whatever else stands in the store is read or refused")
struct RecordFuzzTests {
  @Test("A record comes back as it was")
  func roundTrip() throws {
    Fuzz.run(4000, reaching: ["plain", "tooNew"]) { fuzz in
      let record = fuzz.random.record()
      let bytes = record.encoded()
      fuzz.show(bytes.readableBytesView)
      guard let stored = StoredRecord(bytes: bytes) else { return fuzz.fail("has no head") }
      fuzz.expect(stored.head == record.head, "the head is another")
      let isReadable = record.head.version == UInt8(ascii: "1") && record.head.form == UInt8(ascii: "-")
      fuzz.reach(isReadable ? "plain" : "tooNew")
      do throws(RecordError) {
        fuzz.expect(try Self.isSame(stored.decode(), record) && isReadable, "is another record")
      } catch {
        fuzz.expect(!isReadable && error == .tooNew, "threw \(error)")
      }
    }
  }

  @Test("X14 a changed record is read, refused or has no head; what was read is written and read again as the same")
  func mutations() {
    Fuzz.run(12000, reaching: ["read", "refused", "no head"]) { fuzz in
      let bytes = fuzz.random.chance(50) ? Array(fuzz.random.record().encoded().readableBytesView) : Self.spelled(&fuzz)
      let donor = Array(fuzz.random.record().encoded().readableBytesView)
      // Most changes in the line of JSON, which is the part with a grammar.
      let cut = fuzz.random.chance(80) ? 85 : fuzz.random.below(bytes.count)
      let changed = Array(bytes[..<cut]) + fuzz.random.mutated(Array(bytes[cut...]), donor: donor)
      fuzz.show(changed)
      guard let stored = StoredRecord(bytes: ByteBuffer(bytes: changed)) else { return fuzz.reach("no head") }
      fuzz.expect(Array(stored.bytes.readableBytesView) == changed, "the bytes were not kept")
      guard let record = try? stored.decode() else { return fuzz.reach("refused") }
      fuzz.reach("read")
      guard let again = try? StoredRecord(record).decode() else {
        return fuzz.fail("what was read is written unreadably")
      }
      fuzz.expect(Self.isSame(again, record), "is another record")
    }
  }

  @Test("A line that another language spelled otherwise says the same")
  func spelling() {
    Fuzz.run(1000, reaching: ["read"]) { fuzz in
      let bytes = Self.spelled(&fuzz)
      fuzz.show(bytes)
      guard let record = try? StoredRecord(bytes: ByteBuffer(bytes: bytes))?.decode() else {
        return fuzz.fail("refused")
      }
      fuzz.reach("read")
      fuzz.expect(record.metadata.worker == "né1😀", "worker \(record.metadata.worker)")
      fuzz.expect(record.metadata.fields == [.init(name: "a.b", value: "\t\u{FF}")], "fields \(record.metadata.fields)")
    }
  }

  /// A record with a body of three bytes whose line is written by hand.
  private static func spelled(_ fuzz: inout FuzzCase) -> [UInt8] {
    var head = fuzz.random.recordHead()
    head.version = RecordHead.currentVersion
    head.form = RecordHead.plain
    var bytes = ByteBuffer()
    head.write(into: &bytes)
    bytes.writeString(fuzz.random.recordLine(bodyLength: 3) + "\0\r\n")
    return Array(bytes.readableBytesView)
  }

  /// Byte for byte: Swift's strings are equal where Unicode says so.
  private static func isSame(_ one: Record, _ other: Record) -> Bool {
    one == other && one.metadata.worker.utf8.elementsEqual(other.metadata.worker.utf8)
      && zip(one.metadata.fields, other.metadata.fields).allSatisfy {
        $0.name.utf8.elementsEqual($1.name.utf8) && $0.value.utf8.elementsEqual($1.value.utf8)
      }
  }
}
