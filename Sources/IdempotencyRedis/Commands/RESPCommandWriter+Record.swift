internal import HiredisNIO
internal import Idempotency
internal import NIOCore

/// What the protocol's commands are made of, written straight into the connection's outbound bytes.
extension RESPCommandWriter {
  /// Writes a whole record.
  mutating func bulk(_ record: Record) {
    bulk({ record.writeHeadAndLine(into: &$0) }, then: record.body)
  }

  /// Writes a token's 32 digits.
  mutating func bulk(_ token: OwnerToken) {
    bulk(count: OwnerToken.digitCount) { token.write(into: &$0) }
  }

  /// Writes a token's 32 digits, or an empty string for none.
  mutating func bulk(optional token: OwnerToken?) {
    if let token { bulk(token) } else { bulk("") }
  }

  /// Writes a time to live in milliseconds; one outside 1 ms to ``RecordHead/maximumDeadline`` counts as the nearest within.
  ///
  /// Redis refuses any other, and a script may have written by then: its refusal would not mean that nothing changed.
  mutating func bulk(timeToLive milliseconds: Int64) {
    bulk(min(max(milliseconds, 1), RecordHead.maximumDeadline))
  }

  /// Writes a number with zeros in front, in the width that the head has for it; one that does not fit counts as the
  /// nearest that does, as in the head.
  mutating func bulk(_ number: Int64, digits: Int) {
    let text = String(max(0, number))
    guard text.utf8.count <= digits else { return bulk(String(repeating: "9", count: digits)) }
    bulk(String(repeating: "0", count: digits - text.utf8.count) + text)
  }
}
