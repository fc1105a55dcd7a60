/// Counts what ``JSONBuffer`` would write.
struct JSONByteCount: JSONSink {
  /// The bytes so far.
  private(set) var count = 0

  mutating func literal(_ text: StaticString) { count += text.utf8CodeUnitCount }

  mutating func integer(_ value: Int64) { count += Decimal.byteCount(value) }

  mutating func string(_ value: String) {
    count += 2
    for byte in value.utf8 { count += JSONEscape.byteCount(byte) }
  }
}
