/// Why a command has no reply, and above all: whether it may have had its effect.
public struct RedisError: Error, Sendable {
  /// Whether the command may have had its effect.
  public enum Outcome: Sendable, Hashable {
    /// No byte of the command left this process: it had no effect and never will.
    case neverSent
    /// The server answered with an error. By Redis's rules a refused command changed nothing; a script that failed
    /// half-way keeps what it had written before.
    case refused
    /// The command was handed to the network and no reply came: it had its effect, or did not, or will have it later.
    case unknown
  }

  private final class Storage: Sendable {
    let outcome: Outcome
    let code: Code
    let message: String
    let serverError: RedisServerError?
    let underlying: (any Error)?
    let file: String
    let line: Int

    init(
      outcome: Outcome, code: Code, message: String, serverError: RedisServerError?, underlying: (any Error)?,
      file: String, line: Int
    ) {
      self.outcome = outcome
      self.code = code
      self.message = message
      self.serverError = serverError
      self.underlying = underlying
      self.file = file
      self.line = line
    }
  }

  /// One word, so that a `Result` of a reply stays small where hundreds of thousands pass in a second.
  private let storage: Storage

  /// Makes an error.
  ///
  /// - Parameters:
  ///   - outcome: Whether the command may have had its effect.
  ///   - code: What went wrong.
  ///   - message: The same for a human reader, without keys, values or credentials.
  ///   - serverError: The server's error reply, if it sent one.
  ///   - underlying: The error behind this one, if any.
  ///   - file: Where it was made.
  ///   - line: Where it was made.
  public init(
    _ outcome: Outcome, _ code: Code, message: String, serverError: RedisServerError? = nil,
    underlying: (any Error)? = nil, file: String = #fileID, line: Int = #line
  ) {
    storage = Storage(
      outcome: outcome, code: code, message: message, serverError: serverError, underlying: underlying, file: file,
      line: line)
  }

  /// Whether the command may have had its effect.
  public var outcome: Outcome { storage.outcome }

  /// What went wrong, for a program to act on.
  public var code: Code { storage.code }

  /// What went wrong, for a human reader.
  ///
  /// It holds no key, no value and no credential.
  public var message: String { storage.message }

  /// The server's error reply when it sent one, always there when the outcome is ``Outcome-swift.enum/refused``.
  public var serverError: RedisServerError? { storage.serverError }

  /// The error behind this one, such as the reason why no connection could be made.
  public var underlying: (any Error)? { storage.underlying }

  /// The file of this package that made the error.
  public var file: String { storage.file }

  /// The line of ``file`` that made the error.
  public var line: Int { storage.line }
}

extension RedisError: CustomStringConvertible {
  /// Code, message and outcome on one line.
  public var description: String { "\(code): \(message) (\(outcome), \(file):\(line))" }
}
