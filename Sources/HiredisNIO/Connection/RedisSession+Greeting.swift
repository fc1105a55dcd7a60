import NIOCore

extension RedisSession {
  /// Says who we are, in one round trip: AUTH, SELECT, CLIENT SETNAME, and a PING whose answer tells that the server
  /// takes commands at all.
  ///
  /// Each answer must be the one that its command has: a server that says one thing unasked shifts every later reply by
  /// one, and callers would get each other's.
  func greet(_ configuration: RedisConfiguration) -> EventLoopFuture<Void> {
    var steps: [EventLoopFuture<Void>] = []
    if let password = configuration.password {
      let reply =
        configuration.username.map { send("AUTH", $0, password) } ?? send("AUTH", password)
      steps.append(RedisSession.require(reply, of: "AUTH", .authenticationFailed))
    }
    if configuration.database != 0 {
      steps.append(RedisSession.require(send("SELECT", String(configuration.database)), of: "SELECT", .serverError))
    }
    if let name = configuration.clientName {
      // A user without the right to it works as well without a name.
      let reply = RedisSession.require(send("CLIENT", "SETNAME", name), of: "CLIENT SETNAME", .serverError)
      steps.append(reply.flatMapErrorThrowing(RedisSession.ignoreRefusal))
    }
    steps.append(ping())
    return EventLoopFuture.andAllSucceed(steps, on: eventLoop)
  }

  /// Asks whether the replies are still in step with the commands: whatever came unasked before now stands in the
  /// place of this answer.
  func ping() -> EventLoopFuture<Void> {
    send("PING").flatMapThrowing { reply in
      // A bulk string on a connection that subscribes.
      guard reply == .simpleString("PONG") || reply == .bulkString(ByteBuffer(string: "PONG")) else {
        throw RedisSession.violation(of: "PING")
      }
    }.flatMapErrorThrowing(RedisSession.ignoreHarmlessRefusal)
  }

  private static func require(
    _ reply: EventLoopFuture<RESPValue>, of command: String, _ code: RedisError.Code
  ) -> EventLoopFuture<Void> {
    reply.flatMapThrowing { reply in
      guard reply == .simpleString("OK") else { throw violation(of: command) }
    }.flatMapErrorThrowing { error in
      guard let refusal = (error as? RedisError)?.serverError else { throw error }
      throw RedisError(refusal, code)
    }
  }

  /// The reply itself is left out: it may be anything.
  private static func violation(of command: String) -> RedisError {
    RedisError(
      .unknown, .protocolViolation,
      message: "the server gives \(command) an answer that is none: it is no Redis, or said something unasked before")
  }

  private static func ignoreRefusal(_ error: any Error) throws {
    guard (error as? RedisError)?.outcome == .refused else { throw error }
  }

  /// A PING refused for want of rights, or by a replica that has lost its master, comes from a server that answers.
  ///
  /// One that is still loading would answer everything like that: better that commands fail as never sent. And one that
  /// takes no more clients, or none from here, says so unasked and hangs up.
  private static func ignoreHarmlessRefusal(_ error: any Error) throws {
    guard let refusal = (error as? RedisError)?.serverError else { throw error }
    switch refusal.code {
    case "LOADING", "DENIED": throw error
    case "ERR" where refusal.message.hasPrefix("max number of clients"): throw error
    case "NOAUTH": throw RedisError(refusal, .authenticationFailed)
    default: return
    }
  }
}
