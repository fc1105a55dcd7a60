internal import NIOCore

extension StoreOperation {
  /// How many bytes of a record stand in the store since an owner's last word, by this reply to it; nil where none do.
  ///
  /// The head, the line, and the body: what stays there until the record ends. A reservation is not counted, because its
  /// end takes its place. Exact but for what JSON escapes, and for a few digits.
  package func settledByteCount(_ reply: StoreReply) -> Int? {
    guard reply == .outcome(.applied) || reply == .outcome(.restored) else { return nil }
    switch self {
    case .complete(_, _, let record, _), .markUncertain(_, let record, _), .release(_, _, _, let record, _, _):
      return record.approximateByteCount
    case .reserve, .read, .renew, .reclaim, .putBack, .resolve: return nil
    }
  }
}

extension Record {
  /// How long the record is, counted without writing it.
  fileprivate var approximateByteCount: Int {
    // `{"w":"","a":1700000000000,"c":1700000000000,"s":200,"h":[[…]],"n":1000}`, and `"","",[]` for each field.
    let line = metadata.fields.reduce(72 + metadata.worker.utf8.count) {
      $0 + $1.name.utf8.count + $1.value.utf8.count + 8
    }
    return RecordHead.byteCount + line + body.readableBytes
  }
}
