internal import NIOCore

extension HTTPExchange {
  /// What the origin's answer, or its absence, means for the key. Remembers what the caller gets of it.
  mutating func take(_ outcome: OriginOutcome) -> OperationOutcome {
    switch outcome {
    case .answered(let answer):
      return take(answer)
    case .notReached(let reason):
      own = HTTPAnswer(
        ProblemDocument(.originUnreachable, detail: reason, policy: policy.execution.unknownOutcome).answer())
      return .released
    case .failed(let reason):
      return unknown(ProblemDocument(.originFailed, detail: reason))
    }
  }

  private mutating func take(_ answer: OriginAnswer) -> OperationOutcome {
    let fields = answer.withoutLayerFields(marker: policy.replayMarker)
    own = HTTPAnswer(
      status: answer.status, fields: fields, body: answer.body.map { .bytes($0) } ?? .origin, label: nil)
    // An origin with a layer of its own, whose answer is not final: what it did is not known (rule A6).
    switch answer.value(FieldName.status) {
    case "in-progress", "uncertain", "failed":
      let document = ProblemDocument(.originFailed, detail: "The origin itself does not know the outcome yet.")
      return policy.execution.unknownOutcome == .store
        ? unknown(document) : .unknown(document.answer(), open: false)
    default:
      break
    }
    let stored = StoredAnswer(status: answer.status, fields: kept(fields), body: answer.body ?? ByteBuffer())
    let result = answer.value(FieldName.result)?.lowercased()
    if result == "release" { return .released }
    switch policy.results.verdict(status: answer.status, hasRetryAfter: answer.value("retry-after") != nil) {
    case .released:
      return .released
    case .uncertain:
      return .unknown(stored, open: false)
    case .stored:
      let isRetained = answer.body != nil && result != "stream" && !answer.isStream
      return .done(stored, retained: isRetained, retention: retention(answer))
    }
  }

  /// No whole answer: the layer's own is given, and stored where the policy stores unknown outcomes.
  private mutating func unknown(_ document: ProblemDocument) -> OperationOutcome {
    var document = document
    if policy.execution.unknownOutcome == .store { document.isRetryable = false }
    let stored = document.answer()
    own = HTTPAnswer(stored)
    return .unknown(stored, open: false)
  }

  /// What the layer says where the operation gave no answer.
  static func standIn(_ standIn: StandIn, policy: IdempotencyPolicy) -> ProblemDocument {
    var document =
      switch standIn {
      case .lostExecutor:
        ProblemDocument(.outcomeLost, detail: "The node that executed this operation stopped before it was done.")
      case .silent:
        ProblemDocument(.originTimeout, detail: "The origin did not answer in time.")
      case .stopped:
        ProblemDocument(.originFailed, detail: "This node stopped before the origin answered.")
      }
    if policy.execution.unknownOutcome == .store { document.isRetryable = false }
    return document
  }

  /// The fields that a replay repeats (rule E5): not those of a connection or a moment, nor those Connection names.
  private func kept(_ fields: [RecordMetadata.Field]) -> [RecordMetadata.Field] {
    var named: Set<String> = []
    for field in fields where field.name.lowercased() == "connection" {
      for token in field.value.split(separator: ",") {
        named.insert(token.drop { $0 == " " || $0 == "\t" }.lowercased().trimmedEnd)
      }
    }
    return fields.filter { field in
      let name = field.name.lowercased()
      return !FieldName.neverReplayed.contains(name) && !policy.withheld.contains(name) && !named.contains(name)
    }
  }

  /// How long the origin wants its answer replayed; what is no positive integer is no wish.
  private func retention(_ answer: OriginAnswer) -> Int64? {
    // Ten digits of seconds are three centuries: more would not fit a TTL in milliseconds with room to spare.
    guard let text = answer.value(FieldName.retention), text.utf8.count <= 10, let seconds = Int64(text), seconds > 0
    else { return nil }
    return seconds * 1_000
  }
}

extension String {
  fileprivate var trimmedEnd: String {
    var text = self
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return text
  }
}
