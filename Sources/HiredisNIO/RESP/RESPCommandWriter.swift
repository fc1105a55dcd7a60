public import NIOCore

/// Writes one command straight into the bytes that go to the server; nothing in between is allocated.
///
/// ```swift
/// connection.send { writer in
///   writer.begin("SET", argumentCount: 2)
///   writer.bulk(key)
///   writer.bulk(count: head.count + body.readableBytes) { buffer in
///     buffer.writeBytes(head)
///     buffer.writeImmutableBuffer(body)
///   }
/// }
/// ```
///
/// Exactly one command must be written, with as many strings as its beginning announced: a count that does not match
/// would give every later reply to the wrong caller, so it is a precondition failure in every build.
public struct RESPCommandWriter: ~Copyable {
  @usableFromInline var buffer: ByteBuffer
  /// Bulk strings that were announced and not written yet; -1 before the command begins.
  @usableFromInline var missing = -1

  @inlinable
  init(buffer: ByteBuffer) {
    self.buffer = buffer
  }

  /// Begins a command.
  ///
  /// - Parameter count: How many bulk strings follow, the command's name included; at least 1.
  @inlinable
  public mutating func begin(_ count: Int) {
    precondition(missing == -1, "one command at a time")
    precondition(count > 0, "a command has a name at least")
    missing = count
    writeHead(UInt8(ascii: "*"), count)
  }

  /// Begins a command and writes its name.
  ///
  /// - Parameters:
  ///   - name: The command, such as `SET`.
  ///   - argumentCount: How many bulk strings follow the name; 0 or more.
  @inlinable
  public mutating func begin(_ name: StaticString, argumentCount: Int) {
    begin(argumentCount + 1)
    bulk(name)
  }

  /// Writes a bulk string that is made of several parts.
  ///
  /// - Parameters:
  ///   - count: Its length in bytes; `write` must write exactly that many, which is checked in every build.
  ///   - write: Appends the bytes to the buffer, which holds other commands too: it must only append.
  @inlinable
  public mutating func bulk(count: Int, _ write: (inout ByteBuffer) -> Void) {
    writeHead(UInt8(ascii: "$"), count)
    let start = buffer.writerIndex
    write(&buffer)
    precondition(buffer.writerIndex - start == count, "a bulk string must have the length that was announced")
    writeEnd()
  }

  /// Writes a bulk string whose first part's length is known only when it is written.
  ///
  /// - Parameters:
  ///   - write: Appends the first part, some hundred bytes that are then moved to where they belong; it must only append.
  ///   - rest: The rest; it is copied.
  @inlinable
  public mutating func bulk(_ write: (inout ByteBuffer) -> Void, then rest: ByteBuffer) {
    let room = Self.maximumHeadByteCount
    buffer.reserveCapacity(minimumWritableBytes: room)
    let start = buffer.writerIndex
    buffer.moveWriterIndex(forwardBy: room)
    write(&buffer)
    let count = buffer.writerIndex - start - room
    precondition(count >= 0, "the first part must only be appended")
    buffer.moveWriterIndex(to: start)
    writeHead(UInt8(ascii: "$"), count + rest.readableBytes)
    let gap = start + room - buffer.writerIndex
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: gap + count) { bytes in
      if let target = bytes.baseAddress { target.copyMemory(from: target + gap, byteCount: count) }
      return count
    }
    buffer.writeImmutableBuffer(rest)
    writeEnd()
  }

  /// Writes a bulk string of bytes that stand in memory one after the other.
  ///
  /// - Parameter bytes: The bytes; they are copied.
  @inlinable
  public mutating func bulk(_ bytes: UnsafeRawBufferPointer) {
    let count = bytes.count
    // The head, the bytes, CR LF: one check of the room for all of it.
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.maximumHeadByteCount + count + 2) { room in
      var end = RESPCommandWriter.format(UInt8(ascii: "$"), count, into: room)
      if let source = bytes.baseAddress, let target = room.baseAddress {
        (target + end).copyMemory(from: source, byteCount: count)
      }
      end += count
      return RESPCommandWriter.formatEnd(into: room, at: end)
    }
    took()
  }

  /// Ends the command and makes ready for the next one.
  @inlinable
  mutating func finish() {
    precondition(missing == 0, "a command must have as many arguments as it announced")
    missing = -1
  }

  @inlinable
  mutating func writeHead(_ type: UInt8, _ count: Int) {
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.maximumHeadByteCount) { room in
      RESPCommandWriter.format(type, count, into: room)
    }
  }

  @inlinable
  mutating func writeEnd() {
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 2) { room in
      RESPCommandWriter.formatEnd(into: room, at: 0)
    }
    took()
  }

  @inlinable
  mutating func took() {
    missing -= 1
    precondition(missing >= 0, "a command must not have more arguments than it announced")
  }
}
