extension JSONScanner {
  /// Reads a number without fraction or exponent that fits 64 bits.
  mutating func integer() throws(RecordError) -> Int64 {
    let negative = consume(UInt8(ascii: "-"))
    let start = position
    var value: Int64 = 0
    while position < bytes.count, case let digit = bytes[position] &- 0x30, digit < 10 {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      // Towards its own sign: the smallest number has no counterpart.
      let (sum, carry) = product.addingReportingOverflow(negative ? -Int64(digit) : Int64(digit))
      guard !overflow, !carry else { throw .unreadable }
      value = sum
      position += 1
    }
    let count = position - start
    guard count == 1 || (count > 1 && bytes[start] != 0x30) else { throw .unreadable }
    if position < bytes.count, [0x2E, 0x65, 0x45].contains(bytes[position]) { throw .unreadable }
    return value
  }

  /// Consumes any value; unknown members belong to other writers.
  mutating func skipValue(depth: Int = 0) throws(RecordError) {
    guard depth < Self.maximumDepth, let next = peek() else { throw .unreadable }
    switch next {
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "{"):
      try members { (_, scanner) throws(RecordError) in try scanner.skipValue(depth: depth + 1) }
    case UInt8(ascii: "["):
      try elements { (scanner) throws(RecordError) in try scanner.skipValue(depth: depth + 1) }
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    default: try skipNumber()
    }
  }

  private mutating func skipNumber() throws(RecordError) {
    _ = consume(UInt8(ascii: "-"))
    let start = position
    try skipDigits()
    guard position == start + 1 || bytes[start] != 0x30 else { throw .unreadable }
    if position < bytes.count, bytes[position] == 0x2E {
      position += 1
      try skipDigits()
    }
    if position < bytes.count, bytes[position] | 0x20 == 0x65 {
      position += 1
      if position < bytes.count, bytes[position] == 0x2B || bytes[position] == 0x2D { position += 1 }
      try skipDigits()
    }
  }

  private mutating func skipDigits() throws(RecordError) {
    let start = position
    while position < bytes.count, bytes[position] &- 0x30 < 10 { position += 1 }
    guard position > start else { throw .unreadable }
  }
}
