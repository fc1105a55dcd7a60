/// Counts what ``JSONCursor`` would write.
struct JSONByteCount: JSONSink {
  /// The bytes so far.
  private(set) var count = 0

  mutating func literal(_ text: StaticString) { count += text.utf8CodeUnitCount }

  mutating func integer(_ value: Int64) { count += Decimal.byteCount(value) }

  mutating func string(_ value: String) {
    var value = value
    count += value.withUTF8 { bytes in bytes.reduce(2) { $0 &+ JSONEscape.byteCount($1) } }
  }
}
