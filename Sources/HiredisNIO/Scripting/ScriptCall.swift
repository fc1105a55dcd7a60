/// The two ways to call a script.
struct ScriptCall<Key: RESPArgument>: Sendable {
  let script: RedisScript
  let key: Key
  let argumentCount: Int

  func writeByDigest(to writer: inout RESPCommandWriter, _ arguments: (inout RESPCommandWriter) -> Void) {
    writer.begin("EVALSHA", argumentCount: argumentCount + 3)
    writer.bulk(script.sha1)
    finish(&writer, arguments)
  }

  func writeBySource(to writer: inout RESPCommandWriter, _ arguments: (inout RESPCommandWriter) -> Void) {
    writer.begin("EVAL", argumentCount: argumentCount + 3)
    writer.bulk(script.source)
    finish(&writer, arguments)
  }

  private func finish(_ writer: inout RESPCommandWriter, _ arguments: (inout RESPCommandWriter) -> Void) {
    writer.bulk("1")
    key.write(to: &writer)
    arguments(&writer)
  }
}
