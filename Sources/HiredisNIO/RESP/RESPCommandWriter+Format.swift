/// Numbers as decimal digits, by hand: `String(describing:)` would allocate and be an order slower.
extension RESPCommandWriter {
  /// The most bytes of a type byte, a number (a sign and 19 digits) and CR LF.
  @inlinable
  static var maximumHeadByteCount: Int { 23 }

  /// Writes a type byte, a number and CR LF.
  ///
  /// - Returns: The bytes written, at most ``maximumHeadByteCount``.
  @inlinable
  static func format(_ type: UInt8, _ number: Int, into room: UnsafeMutableRawBufferPointer) -> Int {
    room[0] = type
    let end = formatNumber(number, into: room, at: 1)
    return formatEnd(into: room, at: end)
  }

  /// Writes a number.
  ///
  /// - Returns: The index behind it.
  @inlinable
  static func formatNumber(_ number: Int, into room: UnsafeMutableRawBufferPointer, at start: Int) -> Int {
    var index = start
    if number < 0 {
      room[index] = UInt8(ascii: "-")
      index += 1
    }
    let end = index + digitCount(number)
    var rest = number.magnitude
    var position = end
    repeat {
      position -= 1
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      room[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
      rest = quotient
    } while rest > 0
    return end
  }

  /// Writes CR LF.
  ///
  /// - Returns: The index behind it.
  @inlinable
  static func formatEnd(into room: UnsafeMutableRawBufferPointer, at index: Int) -> Int {
    room[index] = UInt8(ascii: "\r")
    room[index + 1] = UInt8(ascii: "\n")
    return index + 2
  }

  /// How many digits a number has, its sign left out.
  @inlinable
  static func digitCount(_ number: Int) -> Int {
    var count = 1
    var rest = number.magnitude
    while rest >= 10 {
      rest /= 10
      count += 1
    }
    return count
  }
}
