public import NIOCore

extension Record {
  /// How many bytes ``write(into:)`` appends; known beforehand, so that a length can be announced.
  public var encodedByteCount: Int {
    var line = JSONByteCount()
    metadata.write(bodyLength: body.readableBytes, into: &line)
    return RecordHead.byteCount + line.count + body.readableBytes
  }

  /// Appends the record to `buffer`: the head, one line of JSON, the body's bytes as they are.
  public func write(into buffer: inout ByteBuffer) {
    head.write(into: &buffer)
    // Taken out and put back, so that the buffer has one owner and is never copied.
    var line = JSONBuffer(buffer: ByteBuffer())
    swap(&line.buffer, &buffer)
    metadata.write(bodyLength: body.readableBytes, into: &line)
    swap(&line.buffer, &buffer)
    buffer.writeImmutableBuffer(body)
  }

  /// The record as it stands in the store.
  public func encoded() -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: encodedByteCount)
    write(into: &buffer)
    return buffer
  }
}
