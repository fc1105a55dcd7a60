public import NIOCore

extension RedisConnection {
  /// Runs a script on one key: `EVALSHA`, and when the server does not know the script, `EVAL` of the same source in
  /// its place on the same connection and within the same deadline.
  ///
  /// - Parameters:
  ///   - script: The script.
  ///   - key: The only entry of `KEYS`.
  ///   - argumentCount: How many bulk strings `arguments` writes, the length of `ARGV`.
  ///   - timeout: How long the caller waits, from now; nil for the configuration's `commandTimeout`.
  ///   - arguments: Writes `ARGV`. It runs at once, and a second time when `EVAL` has to be sent.
  ///   - then: Called once, on the event loop, never before this method returns. A script that failed inside the
  ///     server is ``RedisError/Outcome-swift.enum/refused``, though what it wrote before it failed stays written.
  public func evaluate(
    _ script: RedisScript,
    key: some RESPArgument,
    argumentCount: Int,
    timeout: TimeAmount? = nil,
    arguments: @escaping (inout RESPCommandWriter) -> Void,
    then: @escaping (Result<RESPValue, RedisError>) -> Void
  ) {
    let call = ScriptCall(script: script, key: key, argumentCount: argumentCount)
    submit(
      deadline: deadline(after: timeout),
      encode: { call.writeByDigest(to: &$0, arguments) },
      fallback: { call.writeBySource(to: &$0, arguments) },
      then: then)
  }
}
