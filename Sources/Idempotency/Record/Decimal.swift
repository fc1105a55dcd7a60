/// Numbers as decimal digits, of fixed width in a record's head and of their own width in its JSON.
enum Decimal {
  /// The most bytes that an `Int64` takes: a sign and nineteen digits.
  static let maximumByteCount = 20

  /// Writes the last `count` digits of `value`, zeros in front, at `offset` of `target`.
  static func write(_ value: Int64, count: Int, to target: UnsafeMutableRawBufferPointer, at offset: Int) {
    var rest = value
    for index in stride(from: offset + count - 1, through: offset, by: -1) {
      target[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }

  /// Reads exactly `count` digits (at most eighteen) at `offset` of `source`, else nil.
  static func read(_ source: UnsafeRawBufferPointer, at offset: Int, count: Int) -> Int64? {
    guard source.count >= offset + count else { return nil }
    var value: Int64 = 0
    for index in offset..<(offset + count) {
      let digit = source[index] &- 0x30
      guard digit < 10 else { return nil }
      value = value * 10 + Int64(digit)
    }
    return value
  }

  /// How many bytes ``write(_:to:)`` takes for `value`.
  static func byteCount(_ value: Int64) -> Int {
    var count = value < 0 ? 2 : 1
    var rest = value.magnitude / 10
    while rest > 0 {
      count += 1
      rest /= 10
    }
    return count
  }

  /// Writes `value` in as many bytes as it needs at the start of `target`, and says how many.
  static func write(_ value: Int64, to target: UnsafeMutableRawBufferPointer) -> Int {
    let count = byteCount(value)
    var rest = value.magnitude
    var index = count - 1
    repeat {
      target[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
      index -= 1
    } while rest > 0
    if value < 0 { target[0] = 0x2D }
    return count
  }
}
