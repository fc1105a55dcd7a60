/// The errors that commands fail with most often.
extension RedisError {
  /// What a caller gets for an error reply.
  init(_ error: RedisServerError, _ code: Code = .serverError, file: String = #fileID, line: Int = #line) {
    self.init(.refused, code, message: error.description, serverError: error, file: file, line: line)
  }

  /// The same reason for a command that was still waiting.
  var asNeverSent: RedisError {
    RedisError(
      .neverSent, code == .shutDown ? .shutDown : .notConnected, message: message, serverError: serverError,
      underlying: self)
  }
}
