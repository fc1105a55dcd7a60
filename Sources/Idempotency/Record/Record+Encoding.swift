public import NIOCore

extension Record {
  /// Appends the record to `buffer`: the head, one line of JSON, the body's bytes as they are.
  public func write(into buffer: inout ByteBuffer) {
    writeHeadAndLine(into: &buffer)
    buffer.writeImmutableBuffer(body)
  }

  /// Appends what stands before the body's bytes.
  public func writeHeadAndLine(into buffer: inout ByteBuffer) {
    head.write(into: &buffer)
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: metadata.maximumByteCount) { target in
      var line = JSONCursor(target)
      metadata.write(bodyLength: body.readableBytes, into: &line)
      return line.count
    }
  }

  /// The record as it stands in the store; ``StoredRecord/decode()`` gives it back the same.
  public func encoded() -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(
      capacity: RecordHead.byteCount + metadata.maximumByteCount + body.readableBytes)
    write(into: &buffer)
    return buffer
  }
}
