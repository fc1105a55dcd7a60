import CHiredis

/// What hiredis calls for each element: the builder is its task's privdata, and a pointer that is never followed
/// stands for "taken", null for "refused". Types that a later hiredis reads and RESP2 does not have are refused.
extension RESPReader {
  static var replyObjectFunctions: redisReplyObjectFunctions {
    var functions = redisReplyObjectFunctions()
    functions.createString = { task, text, length in
      guard let task, let text else { return nil }
      let bytes = UnsafeRawBufferPointer(start: text, count: length)
      let builder = RESPReader.builder(of: task)
      switch task.pointee.type {
      case REDIS_REPLY_STRING:
        // hiredis calls only when the length and two bytes more have arrived.
        let end = UnsafeRawPointer(text) + length
        let lineEnd = (end.load(as: UInt8.self), end.load(fromByteOffset: 1, as: UInt8.self))
        return RESPReader.object(builder.addBulk(bytes, lineEnd: lineEnd))
      case REDIS_REPLY_ERROR:
        return RESPReader.object(builder.add(.error(RedisServerError(line: bytes)), bytes: length))
      case REDIS_REPLY_STATUS:
        let text = String(decoding: bytes, as: UTF8.self)
        return RESPReader.object(builder.add(.simpleString(text), bytes: length))
      default:
        return nil
      }
    }
    functions.createArray = { task, count in
      guard let task, task.pointee.type == REDIS_REPLY_ARRAY else { return nil }
      return RESPReader.object(RESPReader.builder(of: task).addArray(count: Int(count)))
    }
    functions.createInteger = { task, value in
      guard let task else { return nil }
      return RESPReader.object(RESPReader.builder(of: task).add(.integer(value), bytes: 1))
    }
    functions.createNil = { task in
      guard let task else { return nil }
      return RESPReader.object(RESPReader.builder(of: task).add(.null, bytes: 1))
    }
    functions.freeObject = { _ in }
    return functions
  }

  private static func builder(of task: UnsafePointer<redisReadTask>) -> RESPReplyBuilder {
    Unmanaged<RESPReplyBuilder>.fromOpaque(task.pointee.privdata).takeUnretainedValue()
  }

  private static func object(_ taken: Bool) -> UnsafeMutableRawPointer? {
    taken ? UnsafeMutableRawPointer(bitPattern: 1) : nil
  }
}
