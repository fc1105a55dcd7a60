/// What is asked of a proxy again and again.
enum WorkerMode: String, CaseIterable, Codable, Sendable {
  /// No key: forwarded as it is.
  case unguarded
  /// A new key each time: reserved, forwarded, completed.
  case executed
  /// Keys that are completed.
  case replayed
  /// Keys whose operation runs.
  case inProgress = "in-progress"
  /// Completed keys with another body.
  case mismatch
}
