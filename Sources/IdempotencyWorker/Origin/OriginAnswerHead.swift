import Idempotency

extension AnswerHead {
  /// The answer's fields as records hold them, without what belongs to the origin's connection.
  var recordFields: [RecordMetadata.Field] {
    let nominated = HopByHop.nominated(framing)
    var kept: [RecordMetadata.Field] = []
    kept.reserveCapacity(fields.lines.count)
    for line in fields.lines where !line.known.isAboutConnection && line.known != .alias {
      if fields.isNamed(line, oneOf: nominated) { continue }
      kept.append(.init(name: fields.name(line), value: fields.value(line)))
    }
    return kept
  }
}
