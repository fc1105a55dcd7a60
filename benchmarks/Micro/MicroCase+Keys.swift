import Idempotency

extension MicroCase {
  /// The key of a request, as it stands in its field.
  static var keys: [MicroCase] {
    [
      key("plain value", SampleTransfer.key),
      key("quoted string", "\"" + SampleTransfer.key + "\""),
      key("plain value, uuid-v4", SampleTransfer.key, format: .uuidV4),
      // Some clients spell UUIDs so; it costs another string.
      key("plain value, uuid-v4 in upper case", SampleTransfer.key.uppercased(), format: .uuidV4),
    ]
  }

  private static func key(_ detail: String, _ value: String, format: KeyFormat = .any) -> MicroCase {
    MicroCase("key: " + detail) {
      let parser = KeyParser(format: format)
      let lines = [value]
      return { blackHole(try parser.parse(fieldLines: lines)) }
    }
  }
}
