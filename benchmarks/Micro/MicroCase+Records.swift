import Idempotency

extension MicroCase {
  /// A completed record with an answer of 77 B, to the store and back.
  static var records: [MicroCase] {
    [
      MicroCase("record: encode") {
        let record = try SampleExchange().completion()
        return { blackHole(record.encoded()) }
      },
      MicroCase("record: decode the head") {
        let bytes = try SampleExchange().completion().encoded()
        return { blackHole(StoredRecord(bytes: bytes)) }
      },
      // What a replay pays beside the head, which the store has decoded by then.
      MicroCase("record: decode the rest") {
        let stored = StoredRecord(try SampleExchange().completion())
        return { blackHole(try stored.decode()) }
      },
    ]
  }
}
