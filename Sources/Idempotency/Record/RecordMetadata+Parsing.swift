extension RecordMetadata {
  /// Reads a line of JSON: any member order, any white space, unknown members ignored, `null` as good as absent.
  ///
  /// `w` and `a` may be missing: they inform the operator, and an answer is not withheld for want of them.
  /// Of a member that occurs twice the last one counts. A time outside ``times`` counts as the nearest within: times inform
  /// and bound, and an answer is not withheld for one that makes no sense.
  static func parse(_ line: UnsafeRawBufferPointer) throws(RecordError) -> (RecordMetadata, bodyLength: Int64?) {
    var scanner = JSONScanner(line)
    var metadata = RecordMetadata(worker: "", created: 0)
    var bodyLength: Int64?
    try scanner.members { (name, scanner) throws(RecordError) in
      if try scanner.null() { return }
      switch name {
      case "w": metadata.worker = try scanner.string()
      case "a": metadata.created = time(try scanner.integer())
      case "c": metadata.completed = time(try scanner.integer())
      case "s": metadata.status = try status(&scanner)
      case "h": metadata.fields = try fields(&scanner)
      case "n": bodyLength = try scanner.integer()
      case "o": metadata.originTimeout = time(try scanner.integer())
      case "l": metadata.lateAnswer = time(try scanner.integer())
      default: try scanner.skipValue()
      }
    }
    try scanner.end()
    return (metadata, bodyLength)
  }

  /// A status is three digits; another would be an answer no client could read.
  private static func status(_ scanner: inout JSONScanner) throws(RecordError) -> Int {
    let status = try scanner.integer()
    guard let status = Int(exactly: status), StoredAnswer.statuses.contains(status) else { throw .unreadable }
    return status
  }

  private static func fields(_ scanner: inout JSONScanner) throws(RecordError) -> [Field] {
    var fields: [Field] = []
    fields.reserveCapacity(8)
    try scanner.elements { (scanner) throws(RecordError) in
      try scanner.expect(UInt8(ascii: "["))
      let name = try scanner.string()
      try scanner.expect(UInt8(ascii: ","))
      let field = Field(name: name, value: try scanner.string())
      guard field.isOneLine else { throw .unreadable }
      fields.append(field)
      try scanner.expect(UInt8(ascii: "]"))
    }
    return fields
  }
}
