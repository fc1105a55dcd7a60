internal import NIOCore

extension HTTPExchange {
  /// What the caller gets of the origin's answer, or of its absence, and what it means for the key.
  func reading(of outcome: OriginOutcome) -> (own: HTTPAnswer, meaning: OperationOutcome) {
    switch outcome {
    case .answered(let answer):
      return reading(of: answer)
    case .notReached(let reason):
      var document = ProblemDocument(.originUnreachable, detail: reason, policy: policy.execution.unknownOutcome)
      // An attempt before this one may have had its effect.
      if engine.tainted { document.isNewKeySafe = false }
      return (HTTPAnswer(document.answer()), .released)
    case .failed(let reason):
      return unknown(ProblemDocument(.originFailed, detail: reason))
    }
  }

  private func reading(of answer: OriginAnswer) -> (own: HTTPAnswer, meaning: OperationOutcome) {
    // No HTTP, so no whole answer, as for any gateway: what it says of the operation is not known, nor can it be replayed.
    guard StoredAnswer.statuses.contains(answer.status) else {
      return unknown(ProblemDocument(.originFailed, detail: "The origin's answer has a status that HTTP has not."))
    }
    let fields = answer.withoutLayerFields(marker: replayMarker)
    let own = HTTPAnswer(
      status: answer.status, fields: fields, body: answer.body.map { .bytes($0) } ?? .origin, label: nil)
    // An origin with a layer of its own, whose answer is not final: what it did is not known (rule A6).
    if answer.says(FieldName.status, oneOf: ["in-progress", "uncertain", "failed"]) {
      let document = ProblemDocument(.originFailed, detail: "The origin itself does not know the outcome yet.")
      return policy.execution.unknownOutcome == .store
        ? unknown(document) : (own, .unknown(document.answer(), open: false))
    }
    return (own, meaning(of: answer, fields: fields))
  }

  private func meaning(of answer: OriginAnswer, fields: [RecordMetadata.Field]) -> OperationOutcome {
    let stored = StoredAnswer(status: answer.status, fields: kept(fields), body: answer.body ?? ByteBuffer())
    if answer.value(FieldName.result)?.isField("release") ?? false { return .released }
    switch policy.results.verdict(status: answer.status, hasRetryAfter: answer.value("retry-after") != nil) {
    case .released:
      return .released
    case .uncertain where policy.execution.unknownOutcome != .store:
      return .unknown(stored, open: false)
    case .uncertain, .stored:
      // Under store an uncertain answer is stored as it is, and one that cannot be kept leaves a tombstone, too.
      let isRetained = answer.body != nil && !answer.asksForStream && !answer.isStream
      return .done(stored, retained: isRetained, retention: retention(answer))
    }
  }

  /// No whole answer: the layer's own is given, and stored where the policy stores unknown outcomes.
  private func unknown(_ document: ProblemDocument) -> (own: HTTPAnswer, meaning: OperationOutcome) {
    var document = document
    if policy.execution.unknownOutcome == .store { document.isRetryable = false }
    let stored = document.answer()
    return (HTTPAnswer(stored), .unknown(stored, open: false))
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

  /// The fields that a replay repeats (rule E5): not those of a connection or a moment, nor those Connection names; and
  /// what they say to caches is no more than a replay may say (rule W13).
  ///
  /// Asked when an answer is stored, and again when it is replayed: the record may be another program's.
  func kept(_ fields: [RecordMetadata.Field]) -> [RecordMetadata.Field] {
    var left = policy.withheld
    for field in fields where field.name.isField("connection") {
      for token in field.value.split(separator: ",") {
        left.insert(token.trimmed.lowercased())
      }
    }
    func isKept(_ field: RecordMetadata.Field) -> Bool {
      if FieldName.isNeverReplayed(field.name) || FieldName.isLayerField(field.name) { return false }
      return left.isEmpty || !left.contains(field.name.lowercased())
    }
    func isKeptWhole(_ field: RecordMetadata.Field) -> Bool {
      isKept(field) && ReplayedCaching.isKeptWhole(field, isForOneCaller: policy.isForOneCaller)
    }
    // A record of this layer's has nothing to leave out: a replay copies nothing.
    guard !fields.allSatisfy(isKeptWhole) else { return fields }
    let isForOneCaller = policy.isForOneCaller
    return fields.filter(isKept).map { ReplayedCaching.replayed($0, isForOneCaller: isForOneCaller) }
  }

  /// What an operator should know about an origin's answer.
  static func notice(about outcome: OriginOutcome) -> String? {
    guard case .answered(let answer) = outcome, let text = answer.value(FieldName.retention), !isPositive(text) else {
      return nil
    }
    // Longer than any number of seconds: what is cut off says no more.
    return "Idempotency-Retention is ignored: \(JSONText.string(String(text.prefix(40)))) is no positive integer"
  }

  private static func isPositive(_ text: String) -> Bool {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) } && text.utf8.contains { $0 != 0x30 }
  }

  /// How long the origin wants its answer replayed; what is no positive integer is no wish.
  private func retention(_ answer: OriginAnswer) -> Int64? {
    guard let text = answer.value(FieldName.retention), Self.isPositive(text) else { return nil }
    // Ten digits of seconds are three centuries; more would only overflow a TTL in milliseconds.
    return min(Int64(text) ?? .max, 9_999_999_999) * 1_000
  }
}
