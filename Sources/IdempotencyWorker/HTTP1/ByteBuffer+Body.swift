import NIOCore

extension ByteBuffer {
  /// Appends a piece of a body; the first is taken as it is, because nearly every body comes in one.
  mutating func setOrAppend(_ bytes: ByteBuffer) {
    if readableBytes == 0, capacity == 0 { self = bytes } else { writeImmutableBuffer(bytes) }
  }
}
