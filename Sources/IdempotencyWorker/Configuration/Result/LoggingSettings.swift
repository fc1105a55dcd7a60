import Logging

/// What is logged, and how.
struct LoggingSettings: Sendable, Hashable {
  /// How a log line is written.
  enum Format: Sendable, Hashable {
    /// One JSON object.
    case json
    /// Words for people.
    case text
  }

  /// What is less important is not logged.
  var level = Logger.Level.info
  /// How a log line is written.
  var format = Format.json
}
