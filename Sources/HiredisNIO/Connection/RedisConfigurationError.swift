/// A configuration that cannot be used.
///
/// Nothing was connected.
public struct RedisConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong and what was expected.
  ///
  /// It never holds a password.
  public var message: String

  /// The message.
  public var description: String { message }

  /// Makes an error.
  ///
  /// - Parameter message: What is wrong and what was expected, without credentials.
  public init(message: String) {
    self.message = message
  }
}
