/// What became of a request, as its answer says.
enum Outcome: String, Codable, CodingKeyRepresentable, Sendable {
  case executed, replayed, mismatch, uncertain
  case inProgress = "in-progress"
  /// A 2xx that says nothing of a key.
  case unguarded
  /// The answer has a status of 500 or more.
  case failed
  /// Any other answer.
  case other
  /// There was no answer: the connection ended, or what came was none of HTTP.
  case unanswered

  /// Reads an answer.
  ///
  /// - Parameters:
  ///   - status: Its status code.
  ///   - label: Its `Idempotency-Status`; nil where it has none.
  init(status: Int, label: Substring?) {
    switch label {
    case .some(let label): self = Self(rawValue: String(label)) ?? (status >= 500 ? .failed : .other)
    case nil: self = status >= 500 ? .failed : status < 300 ? .unguarded : .other
    }
  }
}
