public import NIOCore

extension Record {
  /// How many bytes ``write(into:)`` appends; known beforehand, so that a length can be announced.
  public var encodedByteCount: Int {
    RecordHead.byteCount + lineByteCount + body.readableBytes
  }

  private var lineByteCount: Int {
    var line = JSONByteCount()
    metadata.write(bodyLength: body.readableBytes, into: &line)
    return line.count
  }

  /// Appends the record to `buffer`: the head, one line of JSON, the body's bytes as they are.
  public func write(into buffer: inout ByteBuffer) {
    head.write(into: &buffer)
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: metadata.maximumByteCount) { target in
      var line = JSONCursor(target)
      metadata.write(bodyLength: body.readableBytes, into: &line)
      return line.count
    }
    buffer.writeImmutableBuffer(body)
  }

  /// The record as it stands in the store.
  public func encoded() -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: encodedByteCount)
    write(into: &buffer)
    return buffer
  }
}
