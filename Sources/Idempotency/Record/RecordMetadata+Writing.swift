extension RecordMetadata {
  /// No line is longer; found without a look at the texts' bytes.
  var maximumByteCount: Int {
    let texts = fields.reduce(worker.utf8.count) { $0 + $1.name.utf8.count + $1.value.utf8.count }
    return Self.fixedByteCount + fields.count * Self.fieldByteCount + texts * JSONEscape.maximumByteCount
  }

  /// The members' names, six numbers of twenty digits, and what stands between them; `{"w":"","a":` and so on.
  private static let fixedByteCount = 256
  /// What stands between and around name and value: `],["",""`.
  private static let fieldByteCount = 8

  /// Writes the members in the order w, a, c, s, h, n, o, l; what is absent is left out.
  ///
  /// - Parameters:
  ///   - bodyLength: The length of the body that follows. It is written (`n`) only where a status is.
  ///   - sink: Takes the line.
  func write(bodyLength: Int, into sink: inout some JSONSink) {
    sink.literal("{\"w\":")
    sink.string(worker)
    sink.literal(",\"a\":")
    sink.integer(created)
    if let completed {
      sink.literal(",\"c\":")
      sink.integer(completed)
    }
    if let status {
      sink.literal(",\"s\":")
      sink.integer(Int64(status))
    }
    if !fields.isEmpty { writeFields(into: &sink) }
    if status != nil {
      sink.literal(",\"n\":")
      sink.integer(Int64(bodyLength))
    }
    if let originTimeout {
      sink.literal(",\"o\":")
      sink.integer(originTimeout)
    }
    if let lateAnswer {
      sink.literal(",\"l\":")
      sink.integer(lateAnswer)
    }
    sink.literal("}\n")
  }

  private func writeFields(into sink: inout some JSONSink) {
    sink.literal(",\"h\":[[")
    for (index, field) in fields.enumerated() {
      if index > 0 { sink.literal("],[") }
      sink.string(field.name)
      sink.literal(",")
      sink.string(field.value)
    }
    sink.literal("]]")
  }
}
