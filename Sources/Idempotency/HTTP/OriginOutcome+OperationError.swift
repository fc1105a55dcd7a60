internal import NIOCore

extension OriginOutcome {
  /// The outcome of a handler that throws an ``OperationError``: an operation within the handler was not executed.
  ///
  /// Such a handler gives no answer of its own, and a retry may fare better: the key is free again, and nothing is
  /// stored (rule E11). Only ``OperationError/outcomeUnknown`` leaves its outcome unknown, too.
  package init(_ error: OperationError) {
    switch error {
    case .inProgress:
      self = .released(.inProgress, "An operation within this one runs already.")
    case .keyReused:
      self = .released(.keyReused, "The key of an operation within this one belongs to another operation.")
    case .resultNotRetained:
      self = .released(.responseNotRetained, "The result of an operation within this one was too large to be kept.")
    case .storeUnavailable:
      self = .released(.storeUnavailable, "An operation within this one was not executed.")
    case .recordUnreadable:
      self = .released(.recordUnreadable, "The record of an operation within this one cannot be read.")
    case .notReady:
      self = .released(.notReady, "An operation within this one was not executed.")
    case .reentrant:
      // A mistake of the handler's, like any other error: 500, which the policy's results decide about.
      self = .answered(OriginAnswer(status: 500, fields: [], body: ByteBuffer()))
    case .outcomeUnknown:
      self = .failed("The outcome of an operation within this one is not known.")
    }
  }

  private static func released(_ problem: Problem, _ detail: String) -> OriginOutcome {
    let document = ProblemDocument(problem, detail: detail).answer()
    let release = RecordMetadata.Field(name: FieldName.result, value: "release")
    return .answered(OriginAnswer(status: document.status, fields: document.fields + [release], body: document.body))
  }
}
