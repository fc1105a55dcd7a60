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
  ///   - line: Takes the line.
  func write(bodyLength: Int, into line: inout JSONCursor) {
    line.literal("{\"w\":")
    line.string(worker)
    line.literal(",\"a\":")
    line.integer(created)
    if let completed {
      line.literal(",\"c\":")
      line.integer(completed)
    }
    if let status {
      line.literal(",\"s\":")
      line.integer(Int64(status))
    }
    if !fields.isEmpty { writeFields(into: &line) }
    if status != nil {
      line.literal(",\"n\":")
      line.integer(Int64(bodyLength))
    }
    if let originTimeout {
      line.literal(",\"o\":")
      line.integer(originTimeout)
    }
    if let lateAnswer {
      line.literal(",\"l\":")
      line.integer(lateAnswer)
    }
    line.literal("}\n")
  }

  private func writeFields(into line: inout JSONCursor) {
    line.literal(",\"h\":[[")
    for (index, field) in fields.enumerated() {
      if index > 0 { line.literal("],[") }
      line.string(field.name)
      line.literal(",")
      line.string(field.value)
    }
    line.literal("]]")
  }
}
