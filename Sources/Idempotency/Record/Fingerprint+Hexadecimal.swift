public import NIOCore

extension Fingerprint: LosslessStringConvertible {
  /// The fingerprint's length as text.
  public static let digitCount = 2 * Hexadecimal.digitCount

  /// The fingerprint that `description` writes; nil unless it is exactly 32 lower-case hexadecimal digits.
  public init?(_ description: String) {
    guard let halves = Hexadecimal.halves(of: description) else { return nil }
    self.init(high: halves.high, low: halves.low)
  }

  /// The fingerprint that the readable bytes of `bytes` write; nil unless they are 32 lower-case hexadecimal digits.
  public init?(bytes: ByteBuffer) {
    guard bytes.readableBytes == Self.digitCount,
      let value = bytes.withUnsafeReadableBytes({ Self($0, at: 0) })
    else { return nil }
    self = value
  }

  init?(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    guard let high = Hexadecimal.read(bytes, at: offset),
      let low = Hexadecimal.read(bytes, at: offset + Hexadecimal.digitCount)
    else { return nil }
    self.init(high: high, low: low)
  }

  /// 32 lower-case hexadecimal digits.
  public var description: String { Hexadecimal.text(high: high, low: low) }

  /// Appends the 32 digits to `buffer`.
  public func write(into buffer: inout ByteBuffer) {
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.digitCount) { target in
      write(to: target, at: 0)
      return Self.digitCount
    }
  }

  func write(to target: UnsafeMutableRawBufferPointer, at offset: Int) {
    Hexadecimal.write(high, to: target, at: offset)
    Hexadecimal.write(low, to: target, at: offset + Hexadecimal.digitCount)
  }
}
