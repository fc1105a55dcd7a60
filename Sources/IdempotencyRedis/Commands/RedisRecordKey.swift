internal import HiredisNIO
internal import Idempotency
internal import NIOCore

/// A record's key in Redis: `{prefix}:{keyspace}:{scope}:{client key}`, written without being put together first.
struct RedisRecordKey: RESPArgument {
  /// The prefix with its colon.
  let prefix: String
  /// The rest.
  let key: RecordKey

  func write(to writer: inout RESPCommandWriter) {
    let name = key.description
    writer.bulk(count: prefix.utf8.count + name.utf8.count) { buffer in
      buffer.writeString(prefix)
      buffer.writeString(name)
    }
  }
}
