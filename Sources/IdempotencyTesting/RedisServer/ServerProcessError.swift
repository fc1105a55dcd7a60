/// Why a process that a test needs could not be had.
public struct ServerProcessError: Error, Sendable, CustomStringConvertible {
  /// What happened, and what to do about it.
  public var message: String

  /// The message.
  public var description: String { message }

  /// Makes an error.
  ///
  /// - Parameter message: What happened, and what to do about it.
  public init(message: String) {
    self.message = message
  }
}
