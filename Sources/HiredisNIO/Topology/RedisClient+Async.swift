public import NIOCore

/// The face for code that does not live on an event loop.
///
/// Cancelling the calling task abandons its place in the order of replies and nothing else: the command, if it was
/// sent, still has its effect.
extension RedisClient {
  /// Sends a command and suspends until its reply is there.
  ///
  /// - Parameters:
  ///   - timeout: How long to wait; nil for the configuration's `commandTimeout`.
  ///   - encode: Writes the command, on an event loop.
  /// - Returns: The reply; never an error reply.
  /// - Throws: ``RedisError``, whose outcome says whether the command may have had its effect.
  public func send(
    timeout: TimeAmount? = nil, _ encode: @escaping @Sendable (inout RESPCommandWriter) -> Void
  ) async throws(RedisError) -> RESPValue {
    let connection = anyConnection()
    return try await AsyncCommand(connection, deadline: connection.deadline(after: timeout), encode: encode).run()
  }

  /// Sends a command made of texts and suspends until its reply is there.
  ///
  /// - Parameter arguments: The command and its arguments.
  /// - Returns: The reply; never an error reply.
  /// - Throws: ``RedisError``, whose outcome says whether the command may have had its effect.
  @discardableResult
  public func send(_ arguments: String...) async throws(RedisError) -> RESPValue {
    try await send { writer in
      writer.begin(arguments.count)
      for argument in arguments { writer.bulk(argument) }
    }
  }

  /// Runs a script on one key: `EVALSHA`, and when the server does not know the script, `EVAL` of the same source.
  ///
  /// - Parameters:
  ///   - script: The script.
  ///   - key: The only entry of `KEYS`.
  ///   - argumentCount: How many bulk strings `arguments` writes, the length of `ARGV`.
  ///   - timeout: How long to wait; nil for the configuration's `commandTimeout`.
  ///   - arguments: Writes `ARGV`, on an event loop; twice when `EVAL` has to be sent.
  /// - Returns: What the script returned; never an error reply.
  /// - Throws: ``RedisError``. A script that failed inside the server is ``RedisError/Outcome-swift.enum/refused``,
  ///   though what it wrote before it failed stays written.
  public func evaluate(
    _ script: RedisScript,
    key: some RESPArgument,
    argumentCount: Int,
    timeout: TimeAmount? = nil,
    arguments: @escaping @Sendable (inout RESPCommandWriter) -> Void
  ) async throws(RedisError) -> RESPValue {
    let connection = anyConnection()
    let call = ScriptCall(script: script, key: key, argumentCount: argumentCount)
    return try await AsyncCommand(
      connection, deadline: connection.deadline(after: timeout),
      encode: { call.writeByDigest(to: &$0, arguments) },
      fallback: { call.writeBySource(to: &$0, arguments) }
    ).run()
  }
}
