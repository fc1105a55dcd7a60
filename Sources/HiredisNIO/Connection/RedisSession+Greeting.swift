import NIOCore

extension RedisSession {
  /// Says who we are, in one round trip: AUTH, SELECT, CLIENT SETNAME, and a PING whose answer tells that the server
  /// takes commands at all.
  func greet(_ configuration: RedisConfiguration) -> EventLoopFuture<Void> {
    var steps: [EventLoopFuture<Void>] = []
    if let password = configuration.password {
      let reply =
        configuration.username.map { send("AUTH", $0, password) } ?? send("AUTH", password)
      steps.append(RedisSession.require(reply, .authenticationFailed))
    }
    if configuration.database != 0 {
      steps.append(RedisSession.require(send("SELECT", String(configuration.database)), .serverError))
    }
    if let name = configuration.clientName {
      // A user without the right to it works as well without a name.
      steps.append(send("CLIENT", "SETNAME", name).map { _ in }.flatMapErrorThrowing(RedisSession.ignoreRefusal))
    }
    steps.append(send("PING").map { _ in }.flatMapErrorThrowing(RedisSession.ignoreHarmlessRefusal))
    return EventLoopFuture.andAllSucceed(steps, on: eventLoop)
  }

  private static func require(_ reply: EventLoopFuture<RESPValue>, _ code: RedisError.Code) -> EventLoopFuture<Void> {
    reply.map { _ in }.flatMapErrorThrowing { error in
      guard let refusal = (error as? RedisError)?.serverError else { throw error }
      throw RedisError(refusal, code)
    }
  }

  private static func ignoreRefusal(_ error: any Error) throws {
    guard (error as? RedisError)?.outcome == .refused else { throw error }
  }

  /// A PING refused for want of rights, or by a replica that has lost its master, comes from a server that answers.
  ///
  /// One that is still loading would answer everything like that: better that commands fail as never sent.
  private static func ignoreHarmlessRefusal(_ error: any Error) throws {
    guard let refusal = (error as? RedisError)?.serverError else { throw error }
    switch refusal.code {
    case "LOADING": throw error
    case "NOAUTH": throw RedisError(refusal, .authenticationFailed)
    default: return
    }
  }
}
