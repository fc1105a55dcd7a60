extension RedisError {
  /// What went wrong.
  ///
  /// The set is open: later versions may add to it.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Name: String {
      case notConnected, queueFull, timeout, connectionClosed, protocolViolation, authenticationFailed, serverError
      case shutDown, cancelled, preparationFailed
    }

    private let name: Name

    /// There is no connection, and the last attempt to make one failed; the message says why.
    public static let notConnected = Code(name: .notConnected)
    /// As many commands or bytes wait as the configuration allows.
    public static let queueFull = Code(name: .queueFull)
    /// The deadline passed.
    public static let timeout = Code(name: .timeout)
    /// The connection was lost or closed while the command was under way.
    public static let connectionClosed = Code(name: .connectionClosed)
    /// The server sent something that is not RESP2, is too large, or answers no command.
    public static let protocolViolation = Code(name: .protocolViolation)
    /// The server refused the user name or the password, or demands one.
    public static let authenticationFailed = Code(name: .authenticationFailed)
    /// The server answered with an error; ``RedisError/serverError`` holds it.
    public static let serverError = Code(name: .serverError)
    /// The client was shut down.
    public static let shutDown = Code(name: .shutDown)
    /// The calling task was cancelled.
    public static let cancelled = Code(name: .cancelled)
    /// The connection was made, but the `prepare` hook failed; ``RedisError/underlying`` says why.
    public static let preparationFailed = Code(name: .preparationFailed)

    /// The code's name, such as `queueFull`.
    public var description: String { name.rawValue }
  }
}
